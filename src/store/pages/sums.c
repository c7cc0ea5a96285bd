/*
** Sums of pages, between SQLite and the file.
**
** SQLite finds a damaged page only where it breaks the rules of the format: a changed bit of a
** value, or of a key in an index, gives a wrong answer without a word. So each page of a store
** ends in a sum, which is written with the page and compared when the page is read.
**
** The form of the sums is that of cksumvfs, an extension of SQLite which its library does not
** contain: the last 8 bytes of each page, in files whose head says that pages have 8 bytes left
** over. Files without them are passed on as they are.
**
** This is C because SQLite asks for its files with C functions, and Rust could give them only
** with `unsafe` code.
*/
#include <stdint.h>
#include <string.h>

#include "sqlite3.h"

/* Bytes of a sum. */
#define SUM 8

/* Versions of SQLite that wrote stores, but for the one that is built in. */
static const uint32_t WRITERS[] = {3054001};

/* What is open: this, and behind it what the system's functions keep of the file. */
typedef struct {
  sqlite3_file base;
  char has_sums; /* The head says that pages have room for them. */
  char trusted;  /* They are those of the pages. */
  char coming;   /* Pages that are written have room for them, and the head will say so: see `write_page`. */
} Pages;

static sqlite3_file *below(sqlite3_file *file) { return (sqlite3_file *)((Pages *)file + 1); }

#define BELOW(file, function) below(file)->pMethods->function

static uint32_t number(const unsigned char *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Two numbers that the words of a page are added to in turn. */
typedef struct {
  uint32_t a, b;
} Adding;

static void add_words(Adding *sum, const unsigned char *words) {
  sum->a += number(words) + sum->b;
  sum->b += number(words + 4) + sum->a;
}

/* What a sum becomes with so many pairs of zeros: the matrix (1 1; 1 2) to that power. */
static Adding add_zeros(Adding sum, int pairs) {
  uint32_t one = 1, both = 1, two = 2;
  for (; pairs > 0; pairs >>= 1) {
    Adding next = {one * sum.a + both * sum.b, both * sum.a + two * sum.b};
    uint32_t squared = both * both;
    if (pairs & 1) sum = next;
    both *= one + two;
    one = one * one + squared;
    two = two * two + squared;
  }
  return sum;
}

/*
** The sum of a page. Whatever changes within four bytes changes it, because each step can be undone.
** Each step waits for the one before, so the quarters of a page are added up side by side: twice as
** fast and more.
*/
static void sum(const unsigned char *page, int bytes, unsigned char sum[SUM]) {
  int quarter = (bytes - SUM) / 8 / 4, part, at;
  Adding sums[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
  Adding all = {0, 0};
  for (at = 0; at < quarter * 8; at += 8) {
    for (part = 0; part < 4; part++) add_words(&sums[part], page + part * quarter * 8 + at);
  }
  for (part = 0; part < 4; part++) {
    all = add_zeros(all, quarter);
    all.a += sums[part].a;
    all.b += sums[part].b;
  }
  for (at = quarter * 32; at < bytes - SUM; at += 8) add_words(&all, page + at);
  for (at = 0; at < 4; at++) {
    sum[at] = (unsigned char)(all.a >> 8 * at);
    sum[at + 4] = (unsigned char)(all.b >> 8 * at);
  }
}

static int is_right(const unsigned char *page, int bytes) {
  unsigned char expected[SUM];
  sum(page, bytes, expected);
  return memcmp(page + bytes - SUM, expected, SUM) == 0;
}

static int is_page(int bytes) { return bytes >= 512 && (bytes & (bytes - 1)) == 0; }

static void note_head(Pages *pages, const unsigned char *head, int bytes) {
  if (bytes >= 100 && memcmp(head, "SQLite format 3", 16) == 0) pages->has_sums = head[20] == SUM;
}

/*
** Whether the first page, whose sum is wrong, was written by a program that knows no sums: then
** those of other pages may be wrong, too, and say nothing. Such a program leaves zeros in a copy,
** and its version in the head.
*/
static int is_of_others(const unsigned char *page, int bytes) {
  static const unsigned char none[SUM];
  uint32_t version = (uint32_t)page[96] << 24 | (uint32_t)page[97] << 16 | (uint32_t)page[98] << 8 | page[99];
  size_t at;
  if (memcmp(page + bytes - SUM, none, SUM) == 0) return 1;
  for (at = 0; at < sizeof WRITERS / sizeof *WRITERS; at++) {
    if (version == WRITERS[at]) return 0;
  }
  return version != (uint32_t)sqlite3_libversion_number();
}

static int judge(Pages *pages, const unsigned char *page, int bytes, sqlite3_int64 place) {
  int right;
  if (!pages->has_sums || !is_page(bytes)) return SQLITE_OK;
  if (place != 0 && !pages->trusted) return SQLITE_OK;
  right = is_right(page, bytes);
  if (place == 0) pages->trusted = right || !is_of_others(page, bytes);
  return right || !pages->trusted ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int read_page(sqlite3_file *file, void *page, int bytes, sqlite3_int64 place) {
  int result = BELOW(file, xRead)(below(file), page, bytes, place);
  if (result != SQLITE_OK) return result;
  if (place == 0) note_head((Pages *)file, page, bytes);
  return judge((Pages *)file, page, bytes, place);
}

static int write_page(sqlite3_file *file, const void *page, int bytes, sqlite3_int64 place) {
  Pages *pages = (Pages *)file;
  if (place == 0) {
    note_head(pages, page, bytes);
    pages->coming = 0;
  }
  /*
  ** While a file is written anew with room for sums, the pages that the cache cannot hold come
  ** before the first one. Where that fails, SQLite puts the first page back before all others,
  ** because it was the first to be changed; from then on no page has room.
  */
  if ((pages->has_sums || pages->coming) && is_page(bytes)) {
    /* SQLite leaves these bytes to us, also in its own copy of the page. */
    unsigned char *end = (unsigned char *)page + bytes - SUM;
    if (place == 0 && !pages->trusted) {
      memset(end, 0, SUM);
    } else {
      sum(page, bytes, end);
    }
  }
  return BELOW(file, xWrite)(below(file), page, bytes, place);
}

/*
** Looks at the first page, which a log may keep SQLite from reading. Nothing is locked: a page
** that is being written looks damaged, and is told or not when SQLite reads it.
*/
static void look(sqlite3_file *file) {
  unsigned char head[100];
  unsigned char *page;
  int bytes;
  if (BELOW(file, xRead)(below(file), head, sizeof head, 0) != SQLITE_OK) return;
  note_head((Pages *)file, head, sizeof head);
  bytes = head[16] << 8 | head[17];
  if (bytes == 1) bytes = 65536;
  if (!is_page(bytes) || (page = sqlite3_malloc(bytes)) == 0) return;
  if (BELOW(file, xRead)(below(file), page, bytes, 0) == SQLITE_OK) judge((Pages *)file, page, bytes, 0);
  sqlite3_free(page);
}

/*
** `PRAGMA page_sums`: none, off or on. With the value `coming` pages get sums before the head says
** so, with `kept` they do not any more; with `on`, which all pages have to have been written for,
** they are compared.
*/
static int control(sqlite3_file *file, int what, void *argument) {
  Pages *pages = (Pages *)file;
  if (what == SQLITE_FCNTL_PRAGMA) {
    char **words = argument;
    if (sqlite3_stricmp(words[1], "page_sums") == 0) {
      if (words[2] != 0) {
        pages->coming = sqlite3_stricmp(words[2], "coming") == 0;
        if (sqlite3_stricmp(words[2], "on") == 0) pages->trusted = 1;
      }
      words[0] = sqlite3_mprintf("%s", !pages->has_sums ? "none" : pages->trusted ? "on" : "off");
      return SQLITE_OK;
    }
  }
  /* Another process may have given the pages their sums since the head was read. */
  if (what == SQLITE_FCNTL_CKPT_START && !pages->has_sums) look(file);
  return BELOW(file, xFileControl)(below(file), what, argument);
}

/* No part of a page is read alone: it could not be judged. */
static int characteristics(sqlite3_file *file) {
  return BELOW(file, xDeviceCharacteristics)(below(file)) & ~SQLITE_IOCAP_SUBPAGE_READ;
}

/* No page is read past us, from a map of the file. */
static int fetch(sqlite3_file *file, sqlite3_int64 place, int bytes, void **page) {
  (void)file, (void)place, (void)bytes;
  *page = 0;
  return SQLITE_OK;
}
static int unfetch(sqlite3_file *file, sqlite3_int64 place, void *page) {
  (void)file, (void)place, (void)page;
  return SQLITE_OK;
}

/* All else is passed on. */
static int close_file(sqlite3_file *file) { return BELOW(file, xClose)(below(file)); }
static int truncate_file(sqlite3_file *file, sqlite3_int64 bytes) { return BELOW(file, xTruncate)(below(file), bytes); }
static int sync_file(sqlite3_file *file, int how) { return BELOW(file, xSync)(below(file), how); }
static int size(sqlite3_file *file, sqlite3_int64 *bytes) { return BELOW(file, xFileSize)(below(file), bytes); }
static int lock(sqlite3_file *file, int how) { return BELOW(file, xLock)(below(file), how); }
static int unlock(sqlite3_file *file, int how) { return BELOW(file, xUnlock)(below(file), how); }
static int is_reserved(sqlite3_file *file, int *is) { return BELOW(file, xCheckReservedLock)(below(file), is); }
static int sector(sqlite3_file *file) { return BELOW(file, xSectorSize)(below(file)); }
static int map_index(sqlite3_file *file, int region, int bytes, int extend, void volatile **map) {
  return BELOW(file, xShmMap)(below(file), region, bytes, extend, map);
}
static int lock_index(sqlite3_file *file, int from, int count, int how) {
  return BELOW(file, xShmLock)(below(file), from, count, how);
}
static void index_barrier(sqlite3_file *file) { BELOW(file, xShmBarrier)(below(file)); }
static int unmap_index(sqlite3_file *file, int remove) { return BELOW(file, xShmUnmap)(below(file), remove); }

static const sqlite3_io_methods WITH_INDEX = {
    3,        close_file,      read_page, write_page,  truncate_file, sync_file,    size,
    lock,     unlock,          is_reserved, control,   sector,        characteristics,
    map_index, lock_index,     index_barrier, unmap_index, fetch,     unfetch,
};

/* Of a system without an index of the log that processes share: it must not look as if there were one. */
static const sqlite3_io_methods WITHOUT_INDEX = {
    3,        close_file,      read_page, write_page,  truncate_file, sync_file,    size,
    lock,     unlock,          is_reserved, control,   sector,        characteristics,
    0,        0,               0,         0,           fetch,         unfetch,
};

/* The system's functions for files, and ours above them. */
typedef struct {
  sqlite3_vfs ours;
  sqlite3_vfs *systems;
} Layer;

static Layer ORDINARY, UNLOCKED;

static int open_file(sqlite3_vfs *layer, const char *name, sqlite3_file *file, int flags, int *got) {
  sqlite3_vfs *systems = layer == &UNLOCKED.ours ? UNLOCKED.systems : ORDINARY.systems;
  Pages *pages = (Pages *)file;
  int result;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return systems->xOpen(systems, name, file, flags, got);
  memset(pages, 0, sizeof *pages);
  pages->trusted = 1;
  result = systems->xOpen(systems, name, below(file), flags, got);
  if (result != SQLITE_OK) return result;
  file->pMethods = BELOW(file, iVersion) > 1 && BELOW(file, xShmMap) != 0 ? &WITH_INDEX : &WITHOUT_INDEX;
  look(file);
  return SQLITE_OK;
}

/* The functions that are not ours get what they look at from the copy of the struct. */
static void add(Layer *layer, const char *systems, const char *name, int is_default) {
  layer->systems = sqlite3_vfs_find(systems);
  if (layer->systems == 0) return;
  layer->ours = *layer->systems;
  layer->ours.zName = name;
  layer->ours.szOsFile += (int)sizeof(Pages);
  layer->ours.xOpen = open_file;
  sqlite3_vfs_register(&layer->ours, is_default);
}

/* Before `main`, so that no file is opened without. */
__attribute__((constructor)) static void begin(void) {
  add(&ORDINARY, 0, "sums", 1);
  add(&UNLOCKED, "unix-none", "sums-none", 0);
}

//! Builds what stands between SQLite and the file of a store.

fn main() {
    let header = std::env::var_os("DEP_SQLITE3_INCLUDE").unwrap_or_default();
    // Nothing calls it by name, so the linker would leave it out.
    cc::Build::new()
        .file("src/store/pages/sums.c")
        .include(header)
        .opt_level(3)
        .link_lib_modifier("+whole-archive")
        .compile("journey_sums");
    println!("cargo:rerun-if-changed=src/store/pages/sums.c");
}

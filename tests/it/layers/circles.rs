//! No files of a module need each other in a circle.
//!
//! A file needs another when its code names something that the other defines, as a path
//! (`crate::…`, `super::…`, `self::…`, a module of its own) or by a name that it imported. A
//! re-export needs nothing: who uses it needs the file behind it. A file owns the folder of its
//! name, so what it takes from there is no step of a circle; what stands there may need the file.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, sources};

/// A module as a path from the top: `["store", "reader"]`.
type Module = Vec<String>;

/// What one file says.
#[derive(Default)]
struct File {
    /// Paths that its code names, as they are written.
    paths: Vec<Vec<String>>,
    /// Names that it imports, and the paths they stand for.
    imports: BTreeMap<String, Vec<Vec<String>>>,
}

/// The words and signs of Rust code that paths are made of; texts are left out.
fn tokens(code: &str) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < chars.len() {
        let c = at(index);
        if c.is_alphanumeric() || c == '_' {
            let start = index;
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            let word: String = chars[start..index].iter().collect();
            // The beginning of a raw text.
            if matches!(word.as_str(), "r" | "br") && matches!(at(index), '"' | '#') {
                let mut fences = 0;
                while at(index) == '#' {
                    (fences, index) = (fences + 1, index + 1);
                }
                if at(index) == '"' {
                    index += 1;
                    while index < chars.len() && !(at(index) == '"' && (1..=fences).all(|n| at(index + n) == '#')) {
                        index += 1;
                    }
                    index += 1 + fences;
                    continue;
                }
            }
            tokens.push(word);
        } else if c == '"' {
            index += 1;
            while index < chars.len() && at(index) != '"' {
                index += if at(index) == '\\' { 2 } else { 1 };
            }
            index += 1;
        } else if c == '\'' && (at(index + 1) == '\\' || at(index + 2) == '\'') {
            index += if at(index + 1) == '\\' { 3 } else { 2 };
            while index < chars.len() && at(index) != '\'' {
                index += 1;
            }
            index += 1;
        } else if c == ':' && at(index + 1) == ':' {
            tokens.push("::".to_owned());
            index += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            index += 1;
        }
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The paths of a `use` tree, each with the name that it brings in.
fn tree(tokens: &[String], before: &[String], into: &mut Vec<(Vec<String>, String)>) {
    let mut path = before.to_vec();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match token.as_str() {
            "::" => {}
            "{" => {
                let (mut depth, mut start) = (0, index + 1);
                for (end, token) in tokens.iter().enumerate().skip(index) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        _ => {}
                    }
                    if (depth == 1 && token == ",") || depth == 0 {
                        if start < end {
                            tree(&tokens[start..end], &path, into);
                        }
                        start = end + 1;
                    }
                    if depth == 0 {
                        return;
                    }
                }
                return;
            }
            "as" => {
                let name = tokens.get(index + 1).cloned().unwrap_or_default();
                into.push((path, name));
                return;
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        index += 1;
    }
    if let Some(name) = path.last().cloned() {
        into.push((path, name));
    }
}

/// What the code of a file names and imports.
fn read(code: &str) -> File {
    let tokens = tokens(code);
    let mut file = File::default();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if token == "use" {
            let end = tokens[index..].iter().position(|token| token == ";").map_or(tokens.len(), |at| index + at);
            let before = index.checked_sub(1).and_then(|at| tokens.get(at));
            let is_public = before.is_some_and(|token| token == "pub" || token == ")");
            let mut paths = Vec::new();
            tree(&tokens[index + 1..end], &[], &mut paths);
            for (path, name) in paths {
                if !is_public {
                    file.paths.push(path.clone());
                }
                file.imports.entry(name).or_default().push(path);
            }
            index = end;
        } else if is_name(token) && tokens.get(index + 1).is_some_and(|next| next == "::") {
            let mut path = vec![token.clone()];
            while tokens.get(index + 1).is_some_and(|next| next == "::")
                && let Some(name) = tokens.get(index + 2).filter(|name| is_name(name))
            {
                path.push(name.clone());
                index += 2;
            }
            file.paths.push(path);
        }
        index += 1;
    }
    file
}

/// All files by their modules.
struct House(BTreeMap<Module, File>);

impl House {
    /// A path as one from the top; `None` when it leads out of the crate.
    fn top_path(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let join = |module: &[String], rest: &[String]| [module, rest].concat();
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => return Some(join(module, rest)),
            "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                return Some(join(module.get(..module.len().checked_sub(up)?)?, path.get(up..)?));
            }
            _ => {}
        }
        if self.0.contains_key(&join(module, std::slice::from_ref(first))) {
            return Some(join(module, path));
        }
        let imported = self.0.get(module)?.imports.get(first).filter(|_| depth < 8)?;
        let found = imported.iter().filter(|path| path.first() != Some(first)).find_map(|path| {
            let top = self.top_path(module, path, depth + 1)?;
            Some(join(&top, rest))
        })?;
        Some(found)
    }

    /// The file that defines what a path from the top leads to, behind all re-exports; `None`
    /// when it leads to a module and nothing in it.
    fn definer(&self, path: &[String], depth: usize) -> Option<Module> {
        let mut module: Module = Vec::new();
        while let Some(name) = path.get(module.len()) {
            let next = [module.as_slice(), std::slice::from_ref(name)].concat();
            if !self.0.contains_key(&next) {
                break;
            }
            module = next;
        }
        let rest = path.get(module.len()..).filter(|rest| !rest.is_empty())?;
        let imported = self.0.get(&module).and_then(|file| file.imports.get(rest.first()?)).filter(|_| depth < 8);
        for import in imported.into_iter().flatten() {
            if let Some(top) = self.top_path(&module, import, 0).filter(|top| top.as_slice() != path) {
                return self.definer(&[top.as_slice(), rest.get(1..)?].concat(), depth + 1);
            }
        }
        Some(module)
    }

    /// The files that each file needs, in the same top module, without those of its own folder.
    fn needs(&self) -> BTreeMap<&Module, BTreeMap<Module, String>> {
        let mut needs: BTreeMap<&Module, BTreeMap<Module, String>> = BTreeMap::new();
        for (module, file) in &self.0 {
            let found = needs.entry(module).or_default();
            for path in &file.paths {
                let Some(top) = self.top_path(module, path, 0) else { continue };
                let Some(definer) = self.definer(&top, 0) else { continue };
                if definer.first() == module.first() && !definer.starts_with(module) {
                    found.entry(definer).or_insert_with(|| top.last().cloned().unwrap_or_default());
                }
            }
        }
        needs
    }

    /// Circles: the files of each, and the edges between them as text.
    fn circles(&self) -> Vec<(Vec<Module>, Vec<String>)> {
        let needs = self.needs();
        let reached = |from: &Module| {
            let mut reached: BTreeSet<Module> = BTreeSet::new();
            let mut open = vec![from.clone()];
            while let Some(module) = open.pop() {
                for next in needs.get(&module).into_iter().flat_map(BTreeMap::keys) {
                    if reached.insert(next.clone()) {
                        open.push(next.clone());
                    }
                }
            }
            reached
        };
        let all: BTreeMap<&Module, BTreeSet<Module>> = needs.keys().map(|module| (*module, reached(module))).collect();
        let mut circles: BTreeSet<Vec<Module>> = BTreeSet::new();
        for (module, others) in all.iter().filter(|(module, others)| others.contains(**module)) {
            let back = others.iter().filter(|other| all.get(*other).is_some_and(|others| others.contains(*module)));
            circles.insert(back.cloned().collect());
        }
        let edge = |from: &Module, to: &Module| {
            let name = needs.get(from)?.get(to)?;
            Some(format!("{} → {}: {name}", from.join("/"), to.join("/")))
        };
        circles
            .into_iter()
            .map(|files| {
                let edges = files.iter().flat_map(|from| files.iter().filter_map(move |to| edge(from, to))).collect();
                (files, edges)
            })
            .collect()
    }
}

/// A house of files given as module and code.
fn house<'a>(files: impl IntoIterator<Item = (&'a str, String)>) -> House {
    let module = |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    House(files.into_iter().map(|(path, code)| (module(path), read(&code))).collect())
}

/// All source files but `main.rs`, which is a crate of its own.
fn journey() -> House {
    let sources = sources();
    house(sources.iter().filter(|source| source.module != "main").map(|source| {
        let module = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        let text = code(source).map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        (if module == "lib" { "" } else { module }, text)
    }))
}

#[test]
fn no_files_of_a_module_stand_in_a_circle() {
    let broken: Vec<String> = journey().circles().into_iter().map(|(_, edges)| edges.join("\n  ")).collect();
    super::fail(&broken, "files need each other in a circle:");
}

/// What the terminal interface is made of, the lowest first: a part names what stands below it.
const FLOORS: &[&[&str]] = &[
    &["fit", "field", "when", "keys", "theme", "command", "pointer", "frame", "pen", "placed", "words", "backend"],
    &["timeline", "widgets", "settings", "page"],
    &["worker"],
    &["outside"],
    &["screen"],
    &["app"],
    &["picture", "terminal", "run"],
];

#[test]
fn the_terminal_interface_stands_on_its_floors() {
    let house = journey();
    let floor = |part: &str| FLOORS.iter().position(|parts| parts.contains(&part));
    let mut broken = Vec::new();
    for (module, needs) in house.needs() {
        let [room, part, ..] = module.as_slice() else { continue };
        if room != "tui" {
            continue;
        }
        let Some(own) = floor(part) else {
            broken.push(format!("{part} has no floor in FLOORS"));
            continue;
        };
        for (other, name) in needs.iter().filter(|(other, _)| other.get(1).is_some_and(|other| other != part)) {
            if floor(&other[1]).is_none_or(|floor| floor > own) {
                broken.push(format!("{} → {}: {name}", module.join("/"), other.join("/")));
            }
        }
    }
    super::fail(&broken, "a part of the terminal interface names one that stands above it:");
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let circles = |files: &[(&str, &str)]| -> Vec<String> {
        let files = files.iter().map(|(path, code)| (*path, (*code).to_owned()));
        house(files).circles().into_iter().flat_map(|(_, edges)| edges).collect()
    };
    let two = ["a/b → a/c: C", "a/c → a/b: B"];
    assert_eq!(circles(&[("a", ""), ("a/b", "use super::c::C;"), ("a/c", "use crate::a::b::B;")]), two);
    assert_eq!(
        circles(&[("a", ""), ("a/b", "use super::c; fn f() -> c::C {}"), ("a/c", "fn g(x: super::b::B) {}")]),
        two
    );
    // Through a re-export of the file above, and in a tree of several lines.
    let above = "pub use self::{\n    b::B,\n    c::{self as see, C},\n};";
    assert_eq!(circles(&[("a", above), ("a/b", "use super::C;"), ("a/c", "use crate::a::{\n    B,\n};")]), two);
    assert_eq!(circles(&[("a", above), ("a/b", "use super::C;"), ("a/c", "use crate::b::B;")]), [""; 0]);
    // A file and the folder of its name.
    assert_eq!(circles(&[("a", ""), ("a/b", "use self::c::C;"), ("a/b/c", "use super::B;")]), [""; 0]);
    let three = [("a", ""), ("a/b", "use self::c::C;"), ("a/b/c", "use super::B; use crate::a::d::D;")];
    let joined = circles(&[three.as_slice(), &[("a/d", "use super::b::c::C;")]].concat());
    assert_eq!(joined, ["a/b/c → a/d: D", "a/d → a/b/c: C"]);
    // Other modules, comments' texts and other crates are no circle of this module.
    assert_eq!(circles(&[("a", ""), ("a/b", "use crate::z::Z;"), ("z", "use crate::a::b::B;")]), [""; 0]);
    assert_eq!(
        circles(&[("a", ""), ("a/b", "const T: &str = \"super::c::C\";"), ("a/c", "use super::b::B;")]),
        [""; 0]
    );
    assert_eq!(circles(&[("a", ""), ("a/b", "use c::C;"), ("a/c", "use super::b::B;")]), [""; 0]);
}

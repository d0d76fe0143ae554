//! The built site: where its files are, and the names that the build gave them.

use std::path::{Path, PathBuf};

use app::shell::Files;
use leptos::config::{Env, LeptosOptions};

/// The built site. Without one, pages are still rendered and forms still work.
pub struct Site {
    pub options: LeptosOptions,
    /// The paths that every page names.
    pub files: Files,
    /// Whether names hold the hash of their content.
    pub hashed: bool,
}

impl Site {
    /// Looks where it is told to, else beside the running program, where the build puts it.
    pub fn find(root: Option<&Path>) -> Self {
        let folder = std::env::current_exe().ok().and_then(|binary| binary.parent().map(PathBuf::from));
        let beside = folder.iter().flat_map(|folder| [folder.join("site"), folder.join("../site")]);
        let root =
            root.map(PathBuf::from).or_else(|| beside.into_iter().find(|candidate| candidate.is_dir()));
        let root = root.unwrap_or_else(|| PathBuf::from("target/site"));
        let list = folder.and_then(|folder| std::fs::read_to_string(folder.join("hash.txt")).ok());
        let options = LeptosOptions::builder()
            .output_name(NAME)
            .site_root(root.to_string_lossy())
            .site_pkg_dir("pkg")
            // Leptos panics where it is told of hashed names and finds no list of them.
            .hash_files(list.is_some())
            .env(Env::PROD)
            .build();
        Self { options, files: files(list.as_deref().unwrap_or_default()), hashed: list.is_some() }
    }
}

const NAME: &str = "postonce";

/// The paths, from the list of hashes that the build leaves beside the program: `js:HASH` and the like, one a line.
fn files(list: &str) -> Files {
    let path = |kind: &str| {
        let hash = list.lines().find_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(':'));
        let hash = hash.map(|hash| format!(".{}", hash.trim())).unwrap_or_default();
        format!("/pkg/{NAME}{hash}.{kind}").into()
    };
    Files { style: path("css"), script: path("js"), program: path("wasm") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_hashes_of_the_list() {
        let found = files("js:one\nwasm: two\ncss:three\n");
        assert_eq!(&*found.style, "/pkg/postonce.three.css");
        assert_eq!(&*found.script, "/pkg/postonce.one.js");
        assert_eq!(&*found.program, "/pkg/postonce.two.wasm");
    }

    #[test]
    fn a_build_without_hashes_has_plain_names() {
        assert_eq!(&*files("").program, "/pkg/postonce.wasm");
    }
}

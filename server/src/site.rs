//! The built site: where its files are, and the folder that the build put them into.

use std::path::{Path, PathBuf};

use app::shell::Files;
use leptos::config::{Env, LeptosOptions};

/// The built site. Without one, pages are still rendered and forms still work.
pub struct Site {
    pub options: LeptosOptions,
    /// The paths that every page names.
    pub files: Files,
    /// Whether a file's path holds the hash of its build.
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
            .env(Env::PROD)
            .build();
        Self { options, files: files(list.as_deref().unwrap_or_default()), hashed: list.is_some() }
    }
}

const NAME: &str = "postonce";

/// The paths, from what the build leaves beside the program: `build:FOLDER`, the folder of all its files.
fn files(list: &str) -> Files {
    let folder = list.lines().find_map(|line| line.trim().strip_prefix("build:"));
    let folder = folder.map(|folder| format!("{}/", folder.trim())).unwrap_or_default();
    let path = |kind: &str| format!("/pkg/{folder}{NAME}.{kind}").into();
    Files { style: path("css"), script: path("js"), program: path("wasm") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_folder_of_their_build() {
        let found = files("build: one\n");
        assert_eq!(&*found.style, "/pkg/one/postonce.css");
        assert_eq!(&*found.script, "/pkg/one/postonce.js");
        assert_eq!(&*found.program, "/pkg/one/postonce.wasm");
    }

    #[test]
    fn a_build_without_a_folder_has_plain_names() {
        assert_eq!(&*files("").program, "/pkg/postonce.wasm");
    }
}

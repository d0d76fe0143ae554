//! The hard cases are listed in a document, each with the tests that cover it. The list is held against the tests.

use std::path::{Path, PathBuf};

const CASES: u32 = 62;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All text of the files beneath `folder` whose names end in `ending`.
fn text_of(folder: &Path, ending: &str, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            text_of(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_hard_case_names_tests_that_are_there() {
    let document = std::fs::read_to_string(root().join("docs/cases.md")).unwrap();
    let (_, section) =
        document.split_once("\n## Where each case is covered\n").expect("the section is there");
    let section = section.split("\n## ").next().unwrap();

    let (mut rust, mut browser) = (String::new(), String::new());
    for folder in ["server/src", "server/tests", "app/protocol", "app/src"] {
        text_of(&root().join(folder), ".rs", &mut rust);
    }
    text_of(&root().join("end2end/tests"), ".spec.ts", &mut browser);

    let rows: Vec<(u32, &str)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter_map(|(number, rest)| Some((number.trim().parse().ok()?, rest)))
        .collect();
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=CASES).collect::<Vec<_>>(), "one row for each case, in order");

    for (number, row) in rows {
        let mut named = 0;
        for name in row.split('`').skip(1).step_by(2) {
            let (function, module) = (format!("fn {name}("), format!("mod {name};"));
            assert!(
                rust.contains(&function) || rust.contains(&module),
                "case {number}: there is no test {name}"
            );
            named += 1;
        }
        for scenario in row.split("scenario ").skip(1) {
            let scenario = scenario.split(|c: char| !c.is_ascii_digit()).next().unwrap();
            let is_there = ["test('", "test(`", "describe('"]
                .iter()
                .any(|start| browser.contains(&format!("{start}{scenario} ")));
            assert!(is_there, "case {number}: there is no browser scenario {scenario}");
            named += 1;
        }
        assert!(named > 0 || row.contains("Cannot occur"), "case {number} has neither a test nor a reason");
    }
}

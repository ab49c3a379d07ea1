//! The lesson that `cargo xtask new lesson` writes can be examined and played as it is.
use lessons::examine::examine;
use lessons::folder;
use lessons::mistakes::Table;
use std::path::Path;

#[test]
fn a_new_lesson_is_whole() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/templates");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tryout");
    std::fs::create_dir_all(folder.join("files")).expect("a folder for it");
    for (template, file) in
        [("lesson.yaml", "lesson.yaml"), ("lesson.ko.md", "ko.md"), ("lesson.en.md", "en.md"), ("lesson.web.yaml", "files/web.yaml")]
    {
        let text = std::fs::read_to_string(templates.join(template)).expect("the template").replace("NAME", "tryout");
        std::fs::write(folder.join(file), text).expect("the file");
    }
    let compiled = folder::lesson(&folder).expect("it can be read");
    assert_eq!(folder::lint(&compiled, &[]), Vec::<String>::new());
    assert_eq!(examine(&compiled.lesson, 2, &Table::default()).faults, Vec::<String>::new());
}

//! Every transcript of tests/suite is played: what is written there is what a learner sees.
use std::path::Path;
use std::process::Command;

#[test]
fn transcripts_are_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/suite");
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).arg("suite").arg(&folder).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("suite: "), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

//! What Ctrl-C ends, and what is as before then.

use super::Terminal;
use std::time::Duration;

#[test]
fn a_file_that_grows_is_followed_until_ctrl_c() {
    let mut terminal = Terminal::new();
    terminal.session.enter("seq 3 > log; { sleep 1; echo four >> log; sleep 1; echo five > log; } & tail -n 1 -f log");
    terminal.run_for(Duration::from_secs(5));
    assert!(terminal.session.is_busy());
    terminal.session.interrupt();
    terminal.run_for(Duration::from_secs(1));
    assert!(!terminal.session.is_busy());
    assert_eq!(terminal.session.status(), 130);
    let lines: Vec<String> = terminal.session.lines().into_iter().map(|line| line.text).collect();
    let shown: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.starts_with('[')).collect();
    assert_eq!(shown[1..], ["3", "four", "tail: log: file truncated", "five", "^C"]);
}

#[test]
fn a_function_that_is_interrupted_leaves_nothing_behind() {
    let mut terminal = Terminal::new();
    terminal.type_all("f() { local x=inner; set -- a b; eval 'g 1 2 3'; }; g() { sleep 9; }; x=outer");
    terminal.session.enter("f one");
    terminal.run_for(Duration::from_secs(1));
    terminal.session.interrupt();
    terminal.run_for(Duration::from_secs(1));
    assert!(!terminal.session.is_busy());
    let text = terminal.type_all("echo $x $#; local y=1; return");
    let expected =
        "outer 0\nlocal: can only be used in a function\nreturn: can only `return' from a function or sourced script\n";
    assert!(text.ends_with(expected), "{text}");
}

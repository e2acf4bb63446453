//! The shell without `nats`: what is typed, what stays on the screen.

#[path = "shell/forms.rs"]
mod forms;
#[path = "shell/interrupted.rs"]
mod interrupted;
#[path = "fuzz/typed.rs"]
mod typed;

use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use jetlab::client::{Client, Options};
use jetlab::commands::complete::Known;
use jetlab::commands::{Console, Context};
use jetlab::map::Map;
use jetlab::nuid::Rng;
use jetlab::shell::{Entered, Session};
use jetlab::time::{Timers, Timestamp};
use proptest::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

struct Terminal {
    pool: LocalPool,
    timers: Timers,
    session: Session,
    files: Rc<RefCell<Map<String, Vec<u8>>>>,
}

impl Terminal {
    fn new() -> Terminal {
        let pool = LocalPool::new();
        let timers = Timers::new(Timestamp::from_secs(1_795_252_511));
        let files = Rc::new(RefCell::new(Map::new()));
        let context = Context {
            client: Client::new(Options::default(), timers.clone(), Rng::new(1)),
            timers: timers.clone(),
            console: Console::new(true, 100),
            rng: Rc::new(RefCell::new(Rng::new(2))),
            files: Rc::clone(&files),
            address: "nats://127.0.0.1:4222".to_owned(),
            environment: [("NATS_URL".to_owned(), "nats://127.0.0.1:4222".to_owned())].into(),
        };
        let spawner = pool.spawner();
        let spawn = Rc::new(move |future| spawner.spawn_local(future).expect("the pool lives as long as the terminal"));
        Terminal { pool, timers, session: Session::new("main", context, spawn), files }
    }

    /// Lets everything happen for up to `limit` of time that is only told.
    fn run_for(&mut self, limit: Duration) {
        let end = self.timers.now() + limit;
        loop {
            self.pool.run_until_stalled();
            match self.timers.next_deadline().filter(|at| *at <= end) {
                Some(at) => _ = self.timers.advance(at),
                None => break,
            }
        }
        self.timers.advance(end);
        self.pool.run_until_stalled();
    }

    fn type_all(&mut self, lines: &str) -> String {
        for line in lines.lines() {
            self.session.enter(line);
            self.run_for(Duration::from_secs(60));
        }
        let commands = [jetlab::shell::LineKind::Command, jetlab::shell::LineKind::Continuation];
        let lines = self.session.lines();
        lines.iter().filter(|line| !commands.contains(&line.kind)).map(|line| format!("{}\n", line.text)).collect()
    }
}

fn check(typed: &str, expected: &str) {
    assert_eq!(Terminal::new().type_all(typed), expected, "{typed}");
}

#[test]
fn echoes_and_expands() {
    check("echo 'a  b' $NATS_URL \"x $(seq 2) y\"", "a  b nats://127.0.0.1:4222 x 1\n2 y\n");
    check("n=3; n=$((n+1)); echo $n ${UNSET:-none} $?", "4 none 0\n");
    check("X=1 env | grep X; echo \"[$X]\"", "X=1\n[]\n");
    check("echo orders.* \\$JS 'it''s'", "orders.* $JS its\n");
    check("for i in 1 2 3; do echo -n \"$i \"; done; echo", "1 2 3 \n");
    check("for i in 1 2\ndo echo $i\ndone", "1\n2\n");
    check("echo $((echo a; echo b) | wc -l)", "2\n");
    check("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n");
    check("if false; then echo a; elif test 1 = 1; then echo b; else echo c; fi", "b\n");
}

#[test]
fn pipes_files_and_lists() {
    check("seq 100 | grep 7 | head -2", "7\n17\n");
    check("printf 'b\\na\\nb\\n' | sort | uniq -c", "      1 a\n      2 b\n");
    check("echo one > f; echo two >> f; cat f; wc -l < f", "one\ntwo\n2\n");
    check("cat nope || echo failed && echo on", "cat: nope: No such file or directory\nfailed\non\n");
    check("cat nope > /dev/null 2>&1; echo $?", "1\n");
    check("frobnicate x; echo $?", "frobnicate: command not found\n127\n");
    check("cd x; echo $?", "cd: not in the playground; all files are in one place: write their path\n127\n");
    check("echo abc | cut -c 2 | tr b X; ls", "X\n");
    check("while true; do echo y; done | head -2", "y\ny\n");
    check("touch a b; ls > out; cat out; env > out; history >> out; jobs >> out; wc -l < out", "a\nb\nout\n5\n");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures how long we take")]
fn long_texts_take_as_long_as_they_are_long() {
    let mut terminal = Terminal::new();
    terminal.files.borrow_mut().insert("long".to_owned(), b"0123456789abcdef\n".repeat(200_000));
    let began = std::time::Instant::now();
    terminal.type_all("wc long; grep -c 7 < long; tail -1 long; cat long | wc -c\n");
    let text = " 200000  200000 3400000 long\n200000\n0123456789abcdef\n3400000\n";
    assert!(terminal.session.transcript().ends_with(text), "{}", terminal.session.transcript());
    // Moving up the rest for every line took minutes.
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn jq_takes_json_apart() {
    let orders =
        r#"{"id": 7, "to": {"city": "Ghent", "zip": null}, "items": [{"n": 1.50, "sku": "a"}, {"n": 4, "sku": "b"}]}"#;
    let check = |filter: &str, expected: &str| check(&format!("echo '{orders}' | jq {filter}"), expected);
    check(".to", "{\n  \"city\": \"Ghent\",\n  \"zip\": null\n}\n");
    check(
        "-c .",
        "{\"id\":7,\"to\":{\"city\":\"Ghent\",\"zip\":null},\"items\":[{\"n\":1.50,\"sku\":\"a\"},{\"n\":4,\"sku\":\"b\"}]}\n",
    );
    check("-r .to.city,.id", "Ghent\n7\n");
    check("'.items[].sku'", "\"a\"\n\"b\"\n");
    check("-r '.items[] | select(.n > 2 and .sku != \"a\") | .sku'", "b\n");
    check(
        "-c '[.items[0], (.items | length)], {id, city: .to.city}, (.to | keys)'",
        "[{\"n\":1.50,\"sku\":\"a\"},2]\n{\"id\":7,\"city\":\"Ghent\"}\n[\"city\",\"zip\"]\n",
    );
    check("-c '.items | map(.n) | add, .[-1]'", "5.5\n4\n");
    check("'.to.zip // \"none\"'", "\"none\"\n");
    check("-r '.items | map(.sku) | join(\"-\")'", "a-b\n");
    check("-c '.[\"to\"][\"city\"], .id.x?'", "\"Ghent\"\n");
    check(".id.x; echo $?", "jq: error (at <stdin>): Cannot index number with string \"x\"\n5\n");
    check("'reduce .[] as $x (0; . + $x)'; echo $?", "jq: not in the playground: reduce .[] as $x (0; . + $x)\n3\n");
    let doubled = format!("'{}' > f; wc -l < f", vec!["[.,.]"; 60].join("|"));
    check(&doubled, "jq: error (at <stdin>): more than fits in a page\n0\n");
    check("--arg a b .; echo $?", "jq: not in the playground: --arg\n3\n");
}

#[test]
fn jq_reads_what_comes() {
    check("printf '1 [2]{\"a\":\\n3}\\n\"x\"' | jq -c .", "1\n[2]\n{\"a\":3}\n\"x\"\n");
    check("printf '1 2 3' | jq -s add; jq -n '[]'", "6\n[]\n");
    check("echo '{\"a\": ' | jq .; echo $?", "jq: parse error: Unfinished JSON term\n2\n");
    check("echo nonsense | jq .; echo $?", "jq: parse error: Invalid literal\n2\n");
    check(
        "echo '{\"a\": 1}' > f; jq .a f; jq .a nope; echo $?",
        "1\njq: error: Could not open file nope: No such file or directory\n2\n",
    );
    check("while true; do echo '{\"n\": 1}'; done | jq .n | head -2", "1\n1\n");
}

#[test]
fn syntax_errors_speak_like_a_shell() {
    check("nats sub >", "syntax error near unexpected token `newline'\n");
    let mut terminal = Terminal::new();
    assert_eq!(terminal.session.enter("echo 'a"), Entered::More);
    assert_eq!(terminal.session.enter("b'"), Entered::Started);
    terminal.run_for(Duration::ZERO);
    assert_eq!(terminal.session.transcript(), "echo 'a\nb'\na\nb\n");
}

#[test]
fn jobs_and_interrupts() {
    let mut terminal = Terminal::new();
    terminal.session.enter("sleep 5 && echo woke &");
    terminal.run_for(Duration::from_secs(1));
    assert!(!terminal.session.is_busy());
    assert_eq!(terminal.session.jobs(), [(1, "sleep 5 && echo woke".to_owned())]);
    terminal.session.enter("while true; do sleep 1; done");
    terminal.run_for(Duration::from_secs(2));
    assert!(terminal.session.is_busy());
    terminal.session.interrupt();
    terminal.run_for(Duration::from_millis(5));
    assert!(!terminal.session.is_busy());
    assert_eq!(terminal.session.status(), 130);
    terminal.session.enter("kill %1; wait; kill %7");
    terminal.run_for(Duration::from_secs(9));
    let transcript = terminal.session.transcript();
    assert!(transcript.contains("[1]+  Terminated"), "{transcript}");
    assert!(transcript.ends_with("kill: %7: no such job\n"), "{transcript}");
}

#[test]
fn typed_input_goes_to_the_command() {
    let mut terminal = Terminal::new();
    terminal.session.enter("cat > note");
    terminal.run_for(Duration::ZERO);
    assert_eq!(terminal.session.enter("hello"), Entered::Typed);
    terminal.run_for(Duration::ZERO);
    terminal.session.end_input();
    terminal.run_for(Duration::ZERO);
    assert!(!terminal.session.is_busy());
    terminal.session.enter("cat note");
    terminal.run_for(Duration::ZERO);
    assert!(terminal.session.transcript().ends_with("hello\n"));
}

#[test]
fn lines_typed_while_a_command_runs_are_commands_after_it() {
    let mut terminal = Terminal::new();
    terminal.session.enter("sleep 2; sleep 1");
    terminal.run_for(Duration::from_secs(1));
    for line in ["cat", "for the cat", "for i in 1 2", "do echo $i; done"] {
        assert_eq!(terminal.session.enter(line), Entered::Typed, "{line}");
    }
    terminal.run_for(Duration::from_secs(3));
    let shown = |terminal: &Terminal| {
        let lines = terminal.session.lines();
        lines.iter().skip(5).map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&terminal), ["cat", "for the cat", "for i in 1 2", "do echo $i; done"]);
    terminal.session.end_input();
    terminal.run_for(Duration::ZERO);
    assert!(!terminal.session.is_busy());

    let mut terminal = Terminal::new();
    terminal.session.enter("sleep 2");
    terminal.session.enter("for i in 1 2");
    terminal.session.enter("do echo $i; done");
    terminal.run_for(Duration::from_secs(3));
    let text = "sleep 2\nfor i in 1 2\ndo echo $i; done\nfor i in 1 2\ndo echo $i; done\n1\n2\n";
    assert_eq!(terminal.session.transcript(), text);
    assert_eq!(terminal.session.history(), ["sleep 2", "for i in 1 2\ndo echo $i; done"]);
}

#[test]
fn what_was_typed_ahead_is_thrown_away_by_an_interrupt_and_is_no_answer() {
    let mut terminal = Terminal::new();
    terminal.session.enter("sleep 2");
    terminal.session.enter("echo never");
    terminal.run_for(Duration::ZERO);
    terminal.session.interrupt();
    terminal.run_for(Duration::from_secs(3));
    assert_eq!(terminal.session.transcript(), "sleep 2\necho never\n^C\n");

    let mut terminal = Terminal::new();
    terminal.session.enter("sleep 1; nats stream add");
    terminal.run_for(Duration::ZERO);
    terminal.session.enter("y");
    terminal.run_for(Duration::from_secs(2));
    terminal.session.interrupt();
    terminal.run_for(Duration::from_secs(2));
    assert!(!terminal.session.transcript().contains("y: command not found"), "{}", terminal.session.transcript());
}

/// What the fuzzer found worth keeping, played without it.
#[test]
fn the_corpus_of_the_fuzzer_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus/line");
    let files: Vec<_> = std::fs::read_dir(folder).expect("the folder is there").flatten().collect();
    assert!(files.len() > 80, "{} files", files.len());
    for file in files {
        let bytes = std::fs::read(file.path()).expect("a file of the corpus");
        if let Ok(text) = std::str::from_utf8(&bytes) {
            typed::check(text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_read(text in prop_oneof![any_line(), any::<String>()]) {
        typed::check(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is typed, nothing panics, and Ctrl-C always leads back to a prompt.
    #[test]
    fn any_text_ends_in_a_prompt(lines in prop::collection::vec(any_line(), 1..4)) {
        let mut terminal = Terminal::new();
        for line in &lines {
            terminal.session.enter(line);
            terminal.run_for(Duration::from_millis(50));
            if let Some(meant) = terminal.session.remedy(&Known::default) {
                prop_assert_ne!(&meant, line, "a fix changes something");
                prop_assert!(!meant.contains('\n'), "a prompt holds one line: {meant:?}");
            }
            terminal.session.explain(line, line.len(), &|_| Vec::new());
            terminal.session.complete(line, line.len(), &Known::default(), &|_| Vec::new());
        }
        prop_assert_eq!(back_at_the_prompt(&mut terminal), Ok(()), "{:?}", lines);
    }
}

/// Ctrl-C until nothing runs; then a command runs as ever.
fn back_at_the_prompt(terminal: &mut Terminal) -> Result<(), String> {
    for _ in 0..3 {
        terminal.session.interrupt();
        terminal.run_for(Duration::from_secs(1));
    }
    if terminal.session.is_busy() || terminal.session.is_continuing() {
        return Err("there is no prompt".to_owned());
    }
    terminal.session.enter("echo \"alive\"; history | tail -1 > /dev/null");
    terminal.run_for(Duration::from_secs(1));
    let transcript = terminal.session.transcript();
    if terminal.session.is_busy() || !transcript.ends_with("\nalive\n") {
        return Err(format!("the prompt is dead: {}", &transcript[transcript.len().saturating_sub(300)..]));
    }
    Ok(())
}

#[test]
fn a_fix_is_one_line() {
    let mut terminal = Terminal::new();
    terminal.type_all("{\"id\":1} |\ncat");
    assert_eq!(terminal.session.status(), 0);
    assert_eq!(terminal.session.remedy(&Known::default), None);
}

#[test]
fn an_incomplete_line_says_what_it_waits_for() {
    for (line, awaited) in [
        ("nats pub a 'b", "the ' is still open"),
        ("nats pub a \"b", "the \" is still open"),
        ("echo $(date", "a bracket is still open"),
        ("nats pub a \\", "the \\ goes on here"),
        ("cat <<EOF", "the text goes on up to the line after <<"),
        ("for i in 1 2; do", "the command goes on here"),
    ] {
        let terminal = Terminal::new();
        assert_eq!(terminal.session.awaits(), None);
        assert_eq!(terminal.session.enter(line), Entered::More, "{line}");
        assert_eq!(terminal.session.awaits(), Some(awaited), "{line}");
        terminal.session.interrupt();
        assert_eq!(terminal.session.awaits(), None, "{line}");
    }
}

#[test]
fn it_is_known_who_takes_what_is_typed() {
    for (line, reads) in [
        ("cat", true),
        ("nats pub a", true),
        ("read x", true),
        ("sleep 9", false),
        ("cat | head -1", true),
        ("sleep 9 | cat", false),
    ] {
        let mut terminal = Terminal::new();
        terminal.session.enter(line);
        terminal.run_for(Duration::ZERO);
        assert_eq!(terminal.session.reads_keyboard(), reads, "{line}");
        terminal.session.end_input();
        terminal.run_for(Duration::from_secs(1));
        assert!(!terminal.session.reads_keyboard(), "{line}");
    }
}

/// What random text hardly ever is: very long, deep in itself, of letters nobody types.
#[test]
fn monsters_end_in_a_prompt() {
    let deep = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let mut monsters: Vec<String> = [
        "$(", "`", "${a:-", "$((", "((", "{", "(", "'", "\"", "\\", "|", "&", ";", "<<", "<<<", ">", "!", "[ ",
        "{a,b}", "\u{301}", "\u{7f}", "\u{0}",
    ]
    .into_iter()
    .flat_map(|sign| [sign.repeat(3_000), format!("echo {}", sign.repeat(3_000))])
    .collect();
    for times in [20, 70, 2_000] {
        monsters.extend([
            deep("echo $(", "echo a", ")", times),
            deep("echo ${x:-", "a", "}", times),
            deep("echo $((", "1", "))", times),
            deep("echo $((1+(", "1", ")))", times),
            deep("(", "echo a", ")", times),
            deep("{ ", "echo a;", " };", times),
            deep("if true; then ", "echo a;", " fi;", times),
            deep("while true; do ", "break 999;", " done;", times),
            deep("case a in a) ", "echo a", " ;; esac", times),
            deep("eval ", "echo a", "", times),
            deep("sh -c ", "true", "", times),
            deep("echo {a,", "b", "}", times),
            deep("! ", "true", "", times),
            deep("f() { ", "echo a;", " }; ", times),
            deep("[[ ! ( ", "a == b", " ) ]]", times),
            deep("[[ ", "a", " && b ]]", times),
            deep("for ((i=0;i<2;i++)); do ", "echo a;", " done;", times),
            deep("echo $((${x:-", "1", "}))", times),
            deep("echo ${x//a/", "b", "}", times),
            format!("awk '{{print {}1{}}}'", "(".repeat(times), ")".repeat(times)),
            format!("awk '{{print {}1}}' order", "$".repeat(times)),
            format!("awk 'BEGIN {{ print {}1 }}'", "1 ? 2 : ".repeat(times)),
        ]);
    }
    monsters.extend([
        "a".repeat(1 << 20),
        format!("echo {}", "x ".repeat(200_000)),
        format!("echo '{}'", "\u{1f469}\u{200d}\u{1f680}\u{202e}\u{0301}".repeat(20_000)),
        "echo a | cat".to_owned() + &" | cat".repeat(500),
        "echo a; ".repeat(2_000),
        "sleep 9 & ".repeat(200),
        "x=$x$x$x; ".repeat(9) + "echo $x",
        format!("for i in {{1..10000}}; do {} done", "echo $i; ".repeat(9)),
        "yes | yes | yes".to_owned(),
        "cat | cat".to_owned(),
        "read x".to_owned(),
        "while :; do :; done &".to_owned(),
        "while :; do sleep 1 & done".to_owned(),
        "until false; do (exit 3) || ! true; done".to_owned(),
        "echo 'sh a' > a; sh a".to_owned(),
        "echo '. ./b' > b; . b; . b".to_owned(),
        "cat > c < c; cat c >> c; wc < c".to_owned(),
        "fg; wait; kill %1 %2; kill -9 $!".to_owned(),
        "nats sub > | nats pub a b".to_owned(),
        "f() { f; }; f".to_owned(),
        "f() { f | f; }; f".to_owned(),
        "f() { f & }; f".to_owned(),
        "f() { sh -c f; eval f; }; f".to_owned(),
        "((i = 9223372036854775807 + 1, i++)); for ((;;)); do :; done".to_owned(),
        "x=$(printf '%9999d' 1); echo ${x//*0/${x//0/$x}} ${x: -9223372036854775808:9223372036854775807}".to_owned(),
        "set -- $(seq 9999); for ((;;)); do shift || break; done; echo ${99999999999999999999}".to_owned(),
        "awk 'BEGIN { x = sqrt(-1); print substr(\"abc\", x), substr(\"abc\", 1, x), int(x), $x; $x = 1 }'".to_owned(),
        "yes | awk '{s = s s $1} END {print s}'".to_owned(),
        "awk 'BEGIN { $99999999 = 1; print $-1 }'; awk '{ $9999 = 1; gsub(/x*/, \"&&&&\"); print }' fruit".to_owned(),
        "awk 'BEGIN { printf \"%*.*d%c%s\", 9, 9, 9, -1; exit -1 }'".to_owned(),
        "printf '%999999999d%*.*f\\n' 1 99999999 99999999 1.5".to_owned(),
        "seq 1 0.0000000000000000000001 99999999999999999999".to_owned(),
        "echo $((9223372036854775807 + 1)) $((-9223372036854775807 - 1 / -1)) $((1 << 999))".to_owned(),
        "jq -n '[[[[[[1]]]]]] | .[0][0][0][0]'".to_owned(),
        format!("jq -n '\"aa\"{}'", " | [., .] | add".repeat(60)),
        format!("jq -n '{} length'", "(1, 1) | ".repeat(20)),
        format!("jq -n '[{} 1] | (.[] == .[]) | empty'", "(1, 1) | ".repeat(16)),
        format!("jq -n '{{{}}}'", ('a'..='z').map(|c| format!("{c}: (1, 2)")).collect::<Vec<_>>().join(", ")),
        format!("jq -n '{} 1'", "[(1, 1)?] | .[]? // ".repeat(30)),
        "echo a | xargs -é".to_owned(),
        "printf %d -0x-8000000000000000".to_owned(),
        "seq -9999999999999999999999999 0.0000000000001 9999999999999999999999999".to_owned(),
        "seq -f '%1000f' 1000000 | wc -c".to_owned(),
        "x=-; ".to_owned() + &"x=$x$x; ".repeat(17) + "echo $((x))",
        "x='! '; ".to_owned() + &"x=$x$x; ".repeat(17) + "test $x a",
        "x=a; ".to_owned() + &"x=$x$x; ".repeat(60) + "echo ${#x}",
        "x=a; ".to_owned() + &"x=$x$x; ".repeat(20) + "echo {1..10000}$x",
        "x=ab; ".to_owned() + &"x=$x$x; ".repeat(14) + "grep -E '(ab)*c' <<< $x",
        "x=$(seq 30000); echo ${x%%7*} ${x##*x} ${x#*[}".to_owned(),
        "seq 30000 | jq -s 'map(. > 4) | length'".to_owned(),
        "(echo '['; seq -f %g, 20000; echo '0]') | jq length".to_owned(),
        "grep -E '(((((a*)*)*)*)*)*b' <<< aaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        "cat <<A <<B <<C\na\nA\nb".to_owned(),
    ]);
    for monster in monsters {
        let shown: String = monster.chars().take(60).collect();
        if monster.len() < 4_000 {
            typed::check(&monster);
        }
        let mut terminal = Terminal::new();
        terminal.session.enter(&monster);
        terminal.run_for(Duration::from_millis(50));
        assert_eq!(back_at_the_prompt(&mut terminal), Ok(()), "{shown}… of {}", monster.len());
    }
}

#[test]
fn jobs_are_named_and_ended_as_in_bash() {
    let mut terminal = Terminal::new();
    let all = terminal.type_all("sleep 500 &\nP=$!\nsleep 600 &\nsleep 700 | cat &\njobs\nkill $P\nkill -9 %2; kill %9; kill 7; kill -x %1\njobs\nwait $P; echo $?\nkill %%\nwait; echo $?");
    assert_eq!(
        all,
        "[1] 101\n[2] 102\n[3] 103\n\
         [1]   Running                 sleep 500 &\n[2]-  Running                 sleep 600 &\n[3]+  Running                 sleep 700 | cat &\n\
         [1]   Terminated              sleep 500\n\
         kill: %9: no such job\nkill: (7) - No such process\nkill: x: not in the playground\n\
         [2]-  Killed                  sleep 600\n\
         [3]+  Running                 sleep 700 | cat &\n\
         143\n[3]+  Terminated              sleep 700 | cat\n0\n"
    );
}

#[test]
fn loops_start_jobs_and_wait_for_them() {
    check(
        "for i in 1 2; do (sleep $i; echo done $i; exit $i) & done; wait $!; echo $?",
        "[1] 101\n[2] 102\ndone 1\n[1]-  Exit 1                  (sleep $i; echo done $i; exit $i)\ndone 2\n\
         [2]+  Exit 2                  (sleep $i; echo done $i; exit $i)\n2\n",
    );
    check(
        "sleep 5 & wait 999; echo $?",
        "[1] 101\nwait: pid 999 is not a child of this shell\n127\n[1]+  Done                    sleep 5\n",
    );
    check("sleep 3 & sleep 1; fg; echo $?", "[1] 101\nsleep 3\n0\n");
}

#[test]
fn ctrl_c_ends_pipes_and_loops_and_their_status_is_130() {
    for line in [
        "sleep 100 | cat",
        "yes | cat > /dev/null",
        "for i in 1 2 3; do sleep 100; done; echo never",
        "while true; do sleep 1; done && echo never",
        "(sleep 100; echo never)",
        "sh -c 'sleep 100; echo never'",
        "echo a | while read x; do sleep 100; done",
        "printf '50\\n60\\n' | xargs -n1 sleep",
        "timeout 500 sleep 100; echo never",
        "cat <<< $(sleep 100)",
        "sleep 100 & fg",
    ] {
        let mut terminal = Terminal::new();
        terminal.session.enter(line);
        terminal.run_for(Duration::from_secs(2));
        assert!(terminal.session.is_busy(), "{line}");
        terminal.session.interrupt();
        terminal.run_for(Duration::from_millis(20));
        assert!(!terminal.session.is_busy(), "{line}");
        assert_eq!(terminal.session.status(), 130, "{line}");
        assert!(!terminal.session.lines().iter().any(|shown| shown.text == "never"), "{line}");
        assert!(terminal.session.jobs().is_empty(), "{line}");
    }
}

#[test]
fn an_empty_line_is_output() {
    let mut terminal = Terminal::new();
    terminal.type_all("echo; echo a");
    let kinds: Vec<_> = terminal.session.lines().iter().map(|line| line.kind).collect();
    use jetlab::shell::LineKind::{Command, Output};
    assert_eq!(kinds, [Command, Output, Output]);
}

#[test]
fn a_home_and_its_files() {
    check(
        "echo $HOME $PWD ~ ~/a $USER; pwd",
        "/home/learner /home/learner /home/learner /home/learner/a learner\n/home/learner\n",
    );
    check("echo x > ~/a; cat $HOME/a ./a a; X=~/b; echo $X", "x\nx\nx\n/home/learner/b\n");
}

#[test]
fn what_is_written_below_is_read() {
    let mut terminal = Terminal::new();
    assert_eq!(terminal.session.enter("cat <<EOF | tr a-z A-Z"), Entered::More);
    assert_eq!(terminal.session.enter("it's $USER"), Entered::More);
    assert_eq!(terminal.session.enter("EOF"), Entered::Started);
    terminal.run_for(Duration::ZERO);
    assert!(terminal.session.transcript().ends_with("\nIT'S LEARNER\n"), "{}", terminal.session.transcript());
    check(
        "tee f <<A > /dev/null && head -f f; cat f\na\nA",
        "head: -f is not in the playground; tail -f is, of one file\na\n",
    );
}

/// Lines made of what matters to a shell and to `nats`, and of noise.
fn any_line() -> impl Strategy<Value = String> {
    let words = [
        "nats",
        "pub",
        "sub",
        "stream",
        "add",
        "kv",
        "--count",
        "-H",
        "--",
        "-",
        "@x",
        "a.b",
        "'",
        "\"",
        "$(",
        ")",
        "|",
        "&&",
        "||",
        ";",
        "&",
        ">",
        ">>",
        "<",
        "2>&1",
        "$X",
        "${",
        "}",
        "\\",
        "#",
        "for i in 1 2; do",
        "done",
        "while",
        "if true; then",
        "fi",
        "{",
        "echo",
        "cat",
        "head -1",
        "grep [",
        "seq 5",
        "sleep 1",
        "printf %5d",
        "{{Count}}",
        "--help",
        "-h",
        "request",
        "reply",
        "help",
        "kill %1",
        "wait",
        "test",
        "$((",
        "))",
        "é",
        "\u{1b}[A",
        "",
        "<<EOF",
        "<<-'A'",
        "<<<",
        "\nEOF\n",
        "case $X in",
        "a*|b)",
        ";;",
        "esac",
        "{1..3}",
        "{a,b}",
        "${X%%.*}",
        "${X:=",
        "break",
        "continue 2",
        "read X",
        "xargs -n1",
        "timeout 1s",
        "sh -c",
        "eval",
        "exit 3",
        "fg",
        "$!",
        "|&",
        "“",
        "—count",
        "\u{a0}",
        "orders.>",
        "{\"id\":1}",
        "stream ls",
        "sort -k2n -t:",
        "tr '[:lower:]' A-Z",
        "seq -w 1 0.5",
        "date +%",
        "cut -d: -f",
        "[[",
        "]]",
        "=~",
        "((",
        "((X++))",
        "for ((i=0;i<2;i++))",
        "f() {",
        "f",
        "function g",
        "local X=1",
        "return",
        "shift",
        "set -- a b",
        "\"$@\"",
        "${X//a/b}",
        "${X:1:2}",
        "X+=a",
        "awk '{print $1}'",
        "awk -F: '",
        "NR > 1",
    ];
    let piece = prop_oneof![8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.join(" "))
}

use super::*;
use proptest::prelude::*;

fn message(seq: u64, subject: &str) -> Stored {
    Stored {
        id: MessageId(seq),
        seq,
        subject: subject.into(),
        headers: None,
        payload: Bytes::from_static(b"hi"),
        at: Timestamp(seq as i64 * 10),
    }
}

fn filters(texts: &[&str]) -> Filters {
    Filters(texts.iter().map(|text| SubjectFilter::new(text).unwrap()).collect())
}

#[test]
fn a_new_store_and_an_emptied_one() {
    let mut store = Store::new(Storage::Memory, 0);
    assert_eq!((store.first_seq(), store.last_seq(), store.len()), (0, 0, 0));
    store.append(message(1, "a"));
    assert_eq!((store.first_seq(), store.last_seq(), store.bytes()), (1, 1, 19));
    store.append(message(2, "b"));
    store.remove(1);
    assert_eq!((store.first_seq(), store.last_seq(), store.num_deleted()), (2, 2, 0));
    store.remove(2);
    assert_eq!((store.first_seq(), store.last_seq(), store.bytes()), (3, 2, 0));
    assert_eq!(Store::new(Storage::File, 100).first_seq(), 100);
    assert_eq!(Store::new(Storage::File, 100).last_seq(), 99);
}

#[test]
fn sizes_differ_by_storage() {
    let (memory, file) = (Store::new(Storage::Memory, 0), Store::new(Storage::File, 0));
    assert_eq!((memory.size_of(3, 0, 2), memory.size_of(3, 18, 2)), (21, 39));
    assert_eq!((file.size_of(3, 0, 2), file.size_of(3, 18, 2)), (35, 57));
}

#[test]
fn missing_sequences_are_listed() {
    let mut store = Store::new(Storage::Memory, 0);
    (1..=5).for_each(|seq| store.append(message(seq, "a")));
    store.remove(3);
    store.remove(5);
    assert_eq!(store.deleted(), [3, 5]);
    assert_eq!(store.num_deleted(), 2);
}

#[test]
fn a_rare_subject_in_a_long_stream_is_found() {
    let mut store = Store::new(Storage::Memory, 0);
    (1..=5000).for_each(|seq| store.append(message(seq, if seq == 4321 { "rare.one" } else { "common.x" })));
    assert_eq!(store.next_matching(&filters(&["rare.*"]), 1).map(|m| m.seq), Some(4321));
    assert_eq!(store.last_matching(&filters(&["rare.*"]), 5000).map(|m| m.seq), Some(4321));
    assert_eq!(store.next_matching(&filters(&["rare.*"]), 4322).map(|m| m.seq), None);
}

const SUBJECTS: [&str; 6] = ["a", "a.b", "a.c", "b.c", "b.c.d", "a.b.c"];
const FILTERS: [&str; 8] = ["a", "a.*", "a.>", "*.c", ">", "b.c.d", "x.*", "*.b.>"];

proptest! {
    /// Every question is answered as by looking at each message in turn.
    #[test]
    fn agrees_with_a_plain_list(
        subjects in prop::collection::vec(0..SUBJECTS.len(), 1..700),
        removals in prop::collection::vec(1..700u64, 0..400),
        chosen in prop::collection::vec(0..FILTERS.len(), 0..3),
        from in 0..720u64,
    ) {
        let mut store = Store::new(Storage::Memory, 0);
        let mut plain = Vec::new();
        for (index, subject) in subjects.iter().enumerate() {
            let message = message(index as u64 + 1, SUBJECTS[*subject]);
            store.append(message.clone());
            plain.push(message);
        }
        for seq in removals {
            prop_assert_eq!(store.remove(seq).is_some(), plain.iter().any(|m| m.seq == seq));
            plain.retain(|m| m.seq != seq);
        }
        let wanted = filters(&chosen.iter().map(|index| FILTERS[*index]).collect::<Vec<_>>());
        let hits: Vec<u64> = plain.iter().filter(|m| wanted.matches(&m.subject)).map(|m| m.seq).collect();
        prop_assert_eq!(store.len(), plain.len() as u64);
        prop_assert_eq!(store.bytes(), plain.iter().map(|m| m.subject.len() as u64 + 18).sum::<u64>());
        prop_assert_eq!(store.next_matching(&wanted, from).map(|m| m.seq), hits.iter().copied().find(|s| *s >= from));
        prop_assert_eq!(
            store.last_matching(&wanted, from).map(|m| m.seq),
            hits.iter().rev().copied().find(|s| *s <= from)
        );
        prop_assert_eq!(store.count_matching(&wanted, from), hits.iter().filter(|s| **s >= from).count() as u64);
        let at = Timestamp(from as i64 * 10 - 5);
        let expected = plain.iter().find(|m| m.at >= at).map_or(store.last_seq() + 1, |m| m.seq);
        prop_assert_eq!(store.first_seq_at_or_after(at), expected);
        let mut newest: Vec<u64> = SUBJECTS.iter()
            .filter(|subject| wanted.matches(subject))
            .filter_map(|subject| plain.iter().rev().find(|m| &*m.subject == *subject).map(|m| m.seq))
            .collect();
        newest.sort();
        prop_assert_eq!(store.last_per_subject(&wanted), newest);
        prop_assert_eq!(store.num_subjects(), SUBJECTS.iter().filter(|s| store.count_on(s) > 0).count() as u64);
    }
}

/// Three subjects in turns, and holes.
fn mixed() -> Store {
    let mut store = Store::new(Storage::Memory, 0);
    for seq in 1..=2_000 {
        store.append(message(seq, ["a", "b", "c"][seq as usize % 3]));
    }
    for seq in (5..2_000).step_by(11) {
        store.remove(seq);
    }
    store
}

fn left(store: &Store) -> (Vec<(u64, String)>, u64, u64, u64) {
    let messages = store.iter_from(0).map(|message| (message.seq, message.subject.to_string())).collect();
    (messages, store.bytes(), store.first_seq(), store.num_subjects())
}

#[test]
fn many_at_once_is_one_after_the_other() {
    for end in [0, 1, 300, 1_001, 2_000, 2_001, 9_999] {
        for filter in ["a", "*", "z"] {
            let (mut at_once, mut singly) = (mixed(), mixed());
            let filters = Filters::from(SubjectFilter::new(filter).expect("a filter"));
            let runs = at_once.remove_matching(&filters, end);
            let meant = |m: &&Stored| m.seq < end && filters.matches(&m.subject);
            let gone: Vec<u64> = singly.iter_from(0).filter(meant).map(|m| m.seq).collect();
            gone.iter().for_each(|seq| drop(singly.remove(*seq)));
            assert_eq!(left(&at_once), left(&singly), "{filter} below {end}");
            assert_eq!(runs.iter().map(|run| run.count).sum::<u64>(), gone.len() as u64);
            for run in &runs {
                assert!(at_once.iter_from(run.first).next().is_none_or(|m| m.seq > run.last), "{run:?}");
            }
            for seq in [1, 299, 300, 1_999] {
                assert_eq!(at_once.count_matching(&filters, seq), singly.count_matching(&filters, seq));
            }
        }
        let (mut at_once, mut singly) = (mixed(), mixed());
        let run = at_once.remove_below(end);
        let gone: Vec<u64> = singly.iter_from(0).map(|m| m.seq).take_while(|seq| *seq < end).collect();
        gone.iter().for_each(|seq| drop(singly.remove(*seq)));
        assert_eq!(left(&at_once), left(&singly), "below {end}");
        let expected = gone.first().map(|first| (*first, gone[gone.len() - 1], gone.len() as u64));
        assert_eq!(run.map(|run| (run.first, run.last, run.count)), expected);
    }
}

#[test]
fn what_was_discarded_is_freed_in_steps() {
    let mut store = mixed();
    store.clear();
    let mut discarded = store.take_discarded();
    let mut steps = 0;
    while !discarded.is_empty() {
        discarded.free_some();
        steps += 1;
    }
    assert_eq!(steps, 1);
}

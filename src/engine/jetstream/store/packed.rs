//! A store as few bytes: each subject once, sequences and times as what they are more than the one before.

use super::{Store, Stored};
use crate::engine::MessageId;
use crate::pack::{Damage, Pack, Unpacker};
use crate::subject::Subject;
use crate::time::Timestamp;
use std::collections::BTreeMap;

impl Pack for Store {
    fn pack(&self, out: &mut Vec<u8>) {
        self.storage.pack(out);
        self.empty_first_seq.pack(out);
        self.empty_first_at.pack(out);
        self.old_gap.pack(out);
        self.last_seq.pack(out);
        self.last_at.pack(out);
        let subjects = self.subjects_matching(&super::Filters::default());
        let subjects: Vec<Subject> = subjects.into_iter().map(|(subject, _)| subject.clone()).collect();
        subjects.pack(out);
        let places: BTreeMap<&str, usize> = subjects.iter().enumerate().map(|(at, subject)| (&**subject, at)).collect();
        self.len().pack(out);
        let (mut seq, mut at, mut id) = (0, 0, 0);
        for message in self.iter_from(0) {
            (message.seq - seq).pack(out);
            message.at.nanos().wrapping_sub(at).pack(out);
            (message.id.0.wrapping_sub(id) as i64).pack(out);
            places.get(&*message.subject).copied().unwrap_or_default().pack(out);
            message.headers.pack(out);
            message.payload.pack(out);
            (seq, at, id) = (message.seq, message.at.nanos(), message.id.0);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Store, Damage> {
        let mut store = Store { storage: Pack::unpack(from)?, ..Store::default() };
        let (empty_first_seq, empty_first_at) = (Pack::unpack(from)?, Pack::unpack(from)?);
        let old_gap: Option<(u64, u64)> = Pack::unpack(from)?;
        let (last_seq, last_at) = (u64::unpack(from)?, Pack::unpack(from)?);
        let subjects: Vec<Subject> = Pack::unpack(from)?;
        let (mut seq, mut at, mut id) = (0u64, 0i64, 0u64);
        for _ in 0..u64::unpack(from)? {
            let step = u64::unpack(from)?;
            seq = seq.checked_add(step).filter(|seq| step > 0 && *seq <= last_seq).ok_or(Damage)?;
            at = at.wrapping_add(i64::unpack(from)?);
            id = id.wrapping_add(i64::unpack(from)? as u64);
            let subject = subjects.get(usize::unpack(from)?).ok_or(Damage)?.clone();
            let (headers, payload) = (Pack::unpack(from)?, Pack::unpack(from)?);
            store.append(Stored { id: MessageId(id), seq, subject, headers, payload, at: Timestamp(at) });
        }
        (store.empty_first_seq, store.last_seq, store.last_at) = (empty_first_seq, last_seq, last_at);
        (store.empty_first_at, store.old_gap) = (empty_first_at, old_gap);
        let gap_is_below = old_gap.is_none_or(|(from, to)| from <= to && to <= last_seq);
        if gap_is_below && last_seq <= super::MAX_SEQ { Ok(store) } else { Err(Damage) }
    }
}

//! What JetStream still knows after the server was started again.
//!
//! File storage is kept, memory is forgotten: streams and consumers alike. Deadlines go on, so what became due while
//! nobody was at home is due at once.

use super::{Context, JetStream, Name, consumer};
use crate::api::{Retention, Storage};

impl JetStream {
    /// Forgets what was in memory only. Everybody has been disconnected before.
    pub fn restart(&mut self, context: &mut Context<'_>) {
        let in_memory = self.streams.values().filter(|stream| stream.config.storage == Storage::Memory);
        let names: Vec<Name> = in_memory.map(|stream| stream.name.clone()).collect();
        for name in names {
            // An empty request for a stream that is there cannot be refused.
            let _ = self.delete_stream(context, &name, b"");
        }
        for stream in self.streams.values_mut() {
            stream.gone_while_paused.clear();
            let has_limits = stream.config.retention == Retention::Limits;
            stream.hears_deliveries = !has_limits;
            stream.consumers.values_mut().for_each(|consumer| consumer.thinks_of_limits = has_limits);
            let in_memory = stream.consumers.iter().filter(|(_, consumer)| consumer.config.mem_storage);
            let names: Vec<Name> = in_memory.map(|(name, _)| name.clone()).collect();
            for name in names {
                consumer::api::delete(context, stream, &name);
            }
        }
    }
}

//! Subject transforms: a source filter whose wildcards are rearranged into a destination.
//!
//! Source: NATS docs "Subject Mapping and Partitioning"; nats-server `server/subject_transform.go`.

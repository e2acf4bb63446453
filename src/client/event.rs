//! What this client saw go by: connected, cut, every operation in either direction.

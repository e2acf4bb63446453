//! A terminal without a screen: line, history, jobs, transcript.

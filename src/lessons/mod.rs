//! Lessons: format, checks, progress.

//! Mounts [`jetlab::ui::App`] in the page, nothing else.

fn main() {
    jetlab::ui::mount();
}

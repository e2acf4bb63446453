//! Files that belong to the page.

use gloo::net::http::Request;

/// The text of a file, by its address relative to the page.
pub async fn text(address: &str) -> Result<String, String> {
    let base = super::window().document().and_then(|document| document.base_uri().ok().flatten()).unwrap_or_default();
    let url = web_sys::Url::new_with_base(address, &base).map_err(|_| format!("{address}: not an address"))?;
    let response = Request::get(&url.href()).send().await.map_err(|error| format!("{address}: {error}"))?;
    if !response.ok() {
        return Err(format!("{address}: {} {}", response.status(), response.status_text()));
    }
    response.text().await.map_err(|error| format!("{address}: {error}"))
}

//! `postonce`: the server.

use axum::Router;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the line that says where it listens is the server's output")]
async fn main() -> anyhow::Result<()> {
    let options = LeptosOptions::builder()
        .output_name("postonce")
        .site_root("target/site")
        .site_pkg_dir("pkg")
        .hash_files(true)
        .build();
    let routes = generate_route_list(app::App);
    let router = Router::new()
        .leptos_routes(&options, routes, {
            let options = options.clone();
            move || app::shell::shell(options.clone())
        })
        .fallback(leptos_axum::file_and_error_handler(app::shell::shell))
        .with_state(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

//! What stands around a chart: its name, what it says in one sentence, its table, its file.

use leptos::prelude::*;

/// The numbers behind a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

/// A chart with its table. A screen reader is given the sentence and the table, never the drawing.
#[component]
pub fn Figure(
    id: &'static str,
    name: &'static str,
    /// What the chart says, in words.
    says: String,
    table: Table,
    /// The path of the same numbers as a file.
    csv: &'static str,
    children: Children,
) -> impl IntoView {
    let Table { head, rows } = table;
    view! {
        <section class="figure" aria-labelledby=id>
            <h2 id=id>{name}</h2>
            <p class="says">{says}</p>
            {children()}
            <details>
                <summary>"The numbers" <span class="unseen">": " {name}</span></summary>
                <div class="table" tabindex="0" role="region" aria-label=format!("Table: {name}")>
                    <table>
                        <thead>
                            <tr>
                                {head.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                            </tr>
                        </thead>
                        <tbody>
                            {rows
                                .into_iter()
                                .map(|row| {
                                    let cells = row.into_iter().map(|cell| view! { <td>{cell}</td> });
                                    view! { <tr>{cells.collect_view()}</tr> }
                                })
                                .collect_view()}
                        </tbody>
                    </table>
                </div>
            </details>
            <p class="file">
                <a href=csv rel="external" download>
                    "CSV" <span class="unseen">": " {name}</span>
                </a>
            </p>
        </section>
    }
    .into_any()
}

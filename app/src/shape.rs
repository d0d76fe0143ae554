//! The order of a page's nodes, summed up: by it the page's script recognises whether the nodes that arrived, and that
//! are there when the program takes over, are those that were sent. A proxy or an extension may have changed them, and
//! hydration attaches handlers to whatever it finds in a place.

/// What the shell writes where the sum goes; as long as a sum is.
pub const PLACE: &str = "--------";
const PLACE_IN_TAG: &str = r#"<div id="page" data-shape="--------""#;

/// Elements whose content is text whatever it looks like.
const TEXT_ALONE: [&str; 6] = ["script", "style", "textarea", "title", "noscript", "iframe"];

/// Writes the sum into the page's place for it. A page without one is left as it is.
pub fn state(page: &mut [u8]) {
    let Some((at, sum)) = place_and_sum(page) else { return };
    page[at..at + PLACE.len()].copy_from_slice(format!("{sum:08x}").as_bytes());
}

fn place_and_sum(page: &[u8]) -> Option<(usize, u32)> {
    let page = str::from_utf8(page).ok()?;
    let at = page.find(PLACE_IN_TAG)? + PLACE_IN_TAG.len() - PLACE.len() - 1;
    let begins = at + page[at..].find('>')? + 1;
    let ends = page[begins..].find("</body>")? + begins;
    // The end of the element, the last one in the body.
    let ends = page[begins..ends].rfind("</div>")? + begins;
    Some((at, sum_of(&page[begins..ends])))
}

fn sum_of(markup: &str) -> u32 {
    let mut sum = 0;
    let mut rest = markup;
    while let Some(first) = rest.bytes().next() {
        if first != b'<' {
            add(&mut sum, "\"");
            rest = from(rest, rest.find('<'));
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            add(&mut sum, "!");
            rest = from(comment, comment.find("-->").map(|end| end + 3));
        } else if rest.starts_with("<!") {
            add(&mut sum, "!");
            rest = from(rest, rest.find('>').map(|end| end + 1));
        } else if rest.starts_with("</") {
            rest = from(rest, rest.find('>').map(|end| end + 1));
        } else {
            let name = &rest[1..end_of_name(rest)];
            add(&mut sum, name);
            rest = from(rest, end_of_tag(rest));
            if TEXT_ALONE.contains(&name) {
                let end = rest.find(&format!("</{name}"));
                // The first line break in a field is none of its text.
                if !matches!(&rest[..end.unwrap_or(rest.len())], "" | "\n") {
                    add(&mut sum, "\"");
                }
                rest = from(rest, end);
            }
        }
    }
    sum
}

fn from(text: &str, at: Option<usize>) -> &str {
    &text[at.unwrap_or(text.len())..]
}

fn end_of_name(tag: &str) -> usize {
    tag[1..]
        .find(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '>' | '/'))
        .map_or(tag.len(), |end| end + 1)
}

/// Where the tag is over; a `>` in quotes does not end it.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    })?;
    Some(end + 1)
}

fn add(sum: &mut u32, word: &str) {
    for letter in std::iter::once(b'<').chain(word.bytes()) {
        *sum = sum.wrapping_mul(31).wrapping_add(letter.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(words: &[&str]) -> u32 {
        let mut sum = 0;
        for word in words {
            add(&mut sum, word);
        }
        sum
    }

    #[test]
    fn nodes_count_in_their_order_and_attributes_do_not() {
        let markup = r#"<div class="a > b" hidden>text<!>more<b>x</b><!--c--><br/></div>"#;
        assert_eq!(sum_of(markup), sum(&["div", "\"", "!", "\"", "b", "\"", "!", "br"]));
    }

    #[test]
    fn what_looks_like_markup_in_a_field_is_its_text() {
        assert_eq!(sum_of("<textarea>\n<b></textarea><p>"), sum(&["textarea", "\"", "p"]));
        assert_eq!(sum_of("<textarea>\n</textarea>"), sum(&["textarea"]));
    }

    #[test]
    fn the_sum_is_of_everything_in_the_element_that_is_taken_over() {
        let mut page =
            br#"<body><div id="page" data-shape="--------"><!><div>x</div><!></div></body>"#.to_vec();
        state(&mut page);
        let stated = format!(r#"data-shape="{:08x}""#, sum(&["!", "div", "\"", "!"]));
        assert!(str::from_utf8(&page).is_ok_and(|page| page.contains(&stated)));
    }

    #[test]
    fn a_page_without_a_place_or_an_end_stays_as_it_is() {
        for page in
            ["", "<body>", r#"<body><div id="page" data-shape="--------">"#, "<body><div></div></body>"]
        {
            let mut written = page.as_bytes().to_vec();
            state(&mut written);
            assert_eq!(written, page.as_bytes());
        }
    }
}

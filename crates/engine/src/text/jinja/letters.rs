//! What Python knows of characters and Rust's library has no word for.

/// The zeros of all scripts: nine more digits follow each.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];
/// Digits that stand in no number of several: raised, lowered, in circles.
const ALONE: [(u32, u32); 20] = [
    (0xb2, 0xb3),
    (0xb9, 0xb9),
    (0x1369, 0x1371),
    (0x19da, 0x19da),
    (0x2070, 0x2070),
    (0x2074, 0x2079),
    (0x2080, 0x2089),
    (0x2460, 0x2468),
    (0x2474, 0x247c),
    (0x2488, 0x2490),
    (0x24ea, 0x24ea),
    (0x24f5, 0x24fd),
    (0x24ff, 0x24ff),
    (0x2776, 0x277e),
    (0x2780, 0x2788),
    (0x278a, 0x2792),
    (0x10a40, 0x10a43),
    (0x10e60, 0x10e68),
    (0x11052, 0x1105a),
    (0x1f100, 0x1f10a),
];

pub fn decimal(c: char) -> bool {
    let after = ZEROS.partition_point(|zero| *zero <= c as u32);
    after > 0 && c as u32 - ZEROS[after - 1] < 10
}

pub fn digit(c: char) -> bool {
    decimal(c) || ALONE.iter().any(|(from, to)| (*from..=*to).contains(&(c as u32)))
}

/// Rust's white space, and four controls that separate records.
pub fn blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

pub fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Letters that have two sizes, or stand between them.
pub fn cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || title(c) == Some(c)
}

/// The form at the beginning of a word, where it is one letter that is not the large one.
fn title(c: char) -> Option<char> {
    let other = match c as u32 {
        // Two letters in one, of which only the first is large.
        n @ (0x1c4..=0x1cc) => 0x1c5 + (n - 0x1c4) / 3 * 3,
        0x1f1..=0x1f3 => 0x1f2,
        // Greek letters with an iota below.
        n @ (0x1f80..=0x1faf) => n | 8,
        n @ (0x1fb3 | 0x1fc3 | 0x1ff3) => n + 9,
        n @ (0x1fbc | 0x1fcc | 0x1ffc) => n,
        // Georgian has no large first letters.
        n @ (0x10d0..=0x10fa | 0x10fd..=0x10ff) => n,
        _ => return None,
    };
    char::from_u32(other)
}

/// A character at the beginning of a word.
pub fn push_title(out: &mut String, c: char) {
    if let Some(c) = title(c) {
        return out.push(c);
    }
    let mut upper = c.to_uppercase();
    out.extend(upper.next());
    for more in upper {
        match more {
            // An iota of its own goes below again.
            'Ι' => out.push('\u{345}'),
            _ if c == 'ŉ' => out.push(more),
            _ => out.extend(more.to_lowercase()),
        }
    }
}

/// Without any difference of size: what two texts are compared by.
pub fn push_folded(out: &mut String, c: char) {
    match c {
        'ı' => out.push(c),
        'ẞ' => out.push_str("ss"),
        // Cherokee had large letters first.
        'Ꭰ'..='ᏽ' | 'ꭰ'..='ꮿ' => out.extend(c.to_uppercase()),
        _ => out.extend(c.to_uppercase().flat_map(char::to_lowercase)),
    }
}

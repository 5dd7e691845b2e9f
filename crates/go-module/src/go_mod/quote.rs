//! Strings in quotes as Go writes them (`strconv.Unquote`).

/// A Go string in backquotes.
pub(super) fn unquote_raw(text: &str) -> Option<String> {
    let inner = text.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.contains('`')).then(|| inner.replace('\r', ""))
}

/// A Go string in double quotes (`strconv.Unquote`).
pub(super) fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '"' => return None,
            '\\' => match chars.next()? {
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                '\\' => '\\',
                '"' => '"',
                'u' => char::from_u32(digits(&mut chars, 4, 16)?)?,
                'U' => char::from_u32(digits(&mut chars, 8, 16)?)?,
                'x' => {
                    bytes.push(u8::try_from(digits(&mut chars, 2, 16)?).ok()?);
                    continue;
                }
                first @ '0'..='7' => {
                    let value = first.to_digit(8)? * 64 + digits(&mut chars, 2, 8)?;
                    bytes.push(u8::try_from(value).ok()?);
                    continue;
                }
                _ => return None,
            },
            c => c,
        };
        bytes.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// The value of the next `count` digits.
fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut value = 0u32;
    for _ in 0..count {
        value = value
            .checked_mul(radix)?
            .checked_add(chars.next()?.to_digit(radix)?)?;
    }
    Some(value)
}

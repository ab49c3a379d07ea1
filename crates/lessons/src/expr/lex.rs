//! Text to tokens.

/// One token with the byte it begins at.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Int(i64),
    Text(String),
    Name(String),
    /// `==`, `&&`, `(`, `.`, …
    Sign(&'static str),
}

const SIGNS: [&str; 25] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", "="];

/// All tokens, or what could not be read.
pub fn lex(source: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '0'..='9' => number(rest, &mut tokens)?,
            '"' | '\'' => text(rest, first, &mut tokens)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Name(rest[..end].to_string()));
                end
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| format!("unexpected \"{first}\""))?;
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

fn number(rest: &str, tokens: &mut Vec<Token>) -> Result<usize, String> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let value = rest[..end].parse().map_err(|_| format!("the number {} is too large", &rest[..end]))?;
    tokens.push(Token::Int(value));
    Ok(end)
}

fn text(rest: &str, quote: char, tokens: &mut Vec<Token>) -> Result<usize, String> {
    let end = rest[1..].find(quote).ok_or("a text is not closed")? + 1;
    tokens.push(Token::Text(rest[1..end].to_string()));
    Ok(end + 1)
}

//! Words to arguments: quotes, variables, arithmetic, command substitution.
use objects::Text;

/// What a word may refer to.
pub trait Values {
    fn variable(&self, name: &str) -> String;
    /// The output of a command, trailing newlines cut off.
    fn output(&mut self, script: &str) -> String;
}

/// Expands one word; unquoted parts are split at spaces, so that it may give none or several.
pub fn expand(word: &str, values: &mut dyn Values) -> Vec<Text> {
    let mut fields = Fields::default();
    let letters: Vec<char> = word.chars().collect();
    let mut at = 0;
    let mut quoted = false;
    while at < letters.len() {
        match letters[at] {
            '\'' if !quoted => {
                let end = (at + 1..letters.len()).find(|&place| letters[place] == '\'').unwrap_or(letters.len());
                fields.push(&letters[at + 1..end].iter().collect::<String>());
                at = end;
            }
            '"' => {
                quoted = !quoted;
                fields.push("");
            }
            '\\' if at + 1 < letters.len() => {
                at += 1;
                if quoted && !matches!(letters[at], '"' | '\\' | '$' | '`') {
                    fields.push("\\");
                }
                fields.push(&letters[at].to_string());
            }
            '$' => {
                let (text, next) = dollar(&letters, at, values);
                if quoted {
                    fields.push(&text)
                } else {
                    fields.split(&text)
                }
                at = next;
                continue;
            }
            letter => fields.push(letter.encode_utf8(&mut [0; 4])),
        }
        at += 1;
    }
    fields.done()
}

#[derive(Default)]
struct Fields {
    all: Vec<Text>,
    open: Option<String>,
}

impl Fields {
    fn push(&mut self, text: &str) {
        self.open.get_or_insert_with(String::new).push_str(text);
    }

    fn split(&mut self, text: &str) {
        for (at, part) in text.split(char::is_whitespace).enumerate() {
            if at > 0 {
                self.all.extend(self.open.take().map(Text::from));
            }
            if !part.is_empty() {
                self.push(part);
            }
        }
    }

    fn done(mut self) -> Vec<Text> {
        self.all.extend(self.open.take().map(Text::from));
        self.all
    }
}

/// The value of what begins with `$` at `at`, and where it ends.
fn dollar(letters: &[char], at: usize, values: &mut dyn Values) -> (String, usize) {
    let rest: String = letters[at + 1..].iter().collect();
    if let Some(inner) = rest.strip_prefix("((").and_then(|inner| Some(&inner[..inner.find("))")?])) {
        return (arithmetic(inner, values).to_string(), at + 1 + 2 + inner.chars().count() + 2);
    }
    if rest.starts_with('(') {
        let mut depth = 0;
        let end = rest.char_indices().find(|(_, letter)| {
            depth += i32::from(*letter == '(') - i32::from(*letter == ')');
            depth == 0
        });
        let end = end.map_or(rest.len(), |(place, _)| place);
        let inner = &rest[1..end];
        return (values.output(inner), at + 1 + rest[..end].chars().count() + 1);
    }
    if let Some(inner) = rest.strip_prefix('{').and_then(|inner| Some(&inner[..inner.find('}')?])) {
        let (name, fallback) = inner.split_once(":-").unwrap_or((inner, ""));
        let value = values.variable(name);
        return (if value.is_empty() { fallback.to_string() } else { value }, at + 1 + inner.chars().count() + 2);
    }
    let length = match rest.chars().next() {
        Some('?' | '#' | '$' | '@' | '*' | '0'..='9') => 1,
        _ => rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').count(),
    };
    if length == 0 {
        return ("$".to_string(), at + 1);
    }
    (values.variable(&rest[..length]), at + 1 + length)
}

/// Whole-number arithmetic: + - * / % and comparisons, parentheses, variables.
pub fn arithmetic(text: &str, values: &mut dyn Values) -> i64 {
    let letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '$').collect();
    let mut at = 0;
    level(&letters, &mut at, 0, values)
}

const LEVELS: [&[&str]; 4] = [&["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

fn level(letters: &[char], at: &mut usize, depth: usize, values: &mut dyn Values) -> i64 {
    let Some(signs) = LEVELS.get(depth) else { return atom(letters, at, values) };
    let mut left = level(letters, at, depth + 1, values);
    loop {
        let here: String = letters[*at..].iter().take(2).collect();
        let Some(sign) = signs.iter().find(|sign| here.starts_with(**sign)) else { return left };
        *at += sign.len();
        let right = level(letters, at, depth + 1, values);
        left = match *sign {
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.checked_div(right).unwrap_or(0),
            "%" => left.checked_rem(right).unwrap_or(0),
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            _ => i64::from(left > right),
        };
    }
}

fn atom(letters: &[char], at: &mut usize, values: &mut dyn Values) -> i64 {
    match letters.get(*at) {
        Some('(') => {
            *at += 1;
            let inner = level(letters, at, 0, values);
            *at += 1;
            inner
        }
        Some('-') => {
            *at += 1;
            -atom(letters, at, values)
        }
        _ => {
            let word: String = letters[*at..].iter().take_while(|letter| letter.is_ascii_alphanumeric() || **letter == '_').collect();
            *at += word.chars().count().max(1);
            word.parse().unwrap_or_else(|_| values.variable(&word).parse().unwrap_or(0))
        }
    }
}

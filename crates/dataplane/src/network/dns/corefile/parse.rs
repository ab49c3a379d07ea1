//! Words and braces: a Corefile as server blocks with directives (CoreDNS uses Caddy's parser).
use objects::Text;

/// One line of a block: its words, where it stands, and the lines in its own braces.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Line {
    pub number: usize,
    pub words: Vec<Text>,
    pub inner: Vec<Line>,
    /// Where its closing brace stands; its own line where it has none.
    pub end: usize,
}

impl Line {
    pub fn word(&self) -> &str {
        self.words.first().map_or("", Text::as_str)
    }

    pub fn rest(&self) -> &[Text] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// A server block: its keys (`.:53`), and its directives.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Block {
    pub keys: Vec<(usize, Text)>,
    pub lines: Vec<Line>,
}

/// `Corefile:3 - Error during parsing: …`
pub fn error(file: &str, line: usize, words: &str) -> String {
    format!("{file}:{line} - Error during parsing: {words}")
}

/// Reads all server blocks; snippets (`(name) { … }`) are put where they are imported.
pub fn blocks(file: &str, text: &str) -> Result<Vec<Block>, String> {
    let mut reader = Reader { file, tokens: tokens(text), at: 0, last: text.lines().count().max(1) };
    let mut blocks = Vec::new();
    let mut snippets: Vec<(Text, Vec<Line>)> = Vec::new();
    while reader.at < reader.tokens.len() {
        let block = reader.block()?;
        let name = block.keys.first().and_then(|(_, key)| key.strip_prefix('(')?.strip_suffix(')')).filter(|_| block.keys.len() == 1);
        match name {
            Some(name) => snippets.push((Text::new(name), block.lines)),
            None => blocks.push(Block { lines: imported(file, &block.lines, &snippets)?, ..block }),
        }
    }
    Ok(blocks)
}

fn imported(file: &str, lines: &[Line], snippets: &[(Text, Vec<Line>)]) -> Result<Vec<Line>, String> {
    let mut all = Vec::new();
    for line in lines {
        if line.word() != "import" {
            all.push(line.clone());
            continue;
        }
        let wanted = line.rest().first().ok_or_else(|| wrong_count(file, line))?;
        match snippets.iter().find(|(name, _)| name == wanted) {
            Some((_, snippet)) => all.extend(imported(file, snippet, snippets)?),
            // A pattern that fits no file is nothing; a file that is not there is an error.
            None if wanted.contains('*') => {}
            None => return Err(error(file, line.number, &format!("File to import not found: {wanted}"))),
        }
    }
    Ok(all)
}

/// Caddy's `ArgErr`.
pub fn wrong_count(file: &str, line: &Line) -> String {
    let last = line.words.last().map_or("", Text::as_str);
    error(file, line.number, &format!("Wrong argument count or unexpected line ending after '{last}'"))
}

struct Token {
    line: usize,
    text: Text,
}

struct Reader<'a> {
    file: &'a str,
    tokens: Vec<Token>,
    at: usize,
    last: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<(usize, &str)> {
        self.tokens.get(self.at).map(|token| (token.line, token.text.as_str()))
    }

    fn ended(&self) -> String {
        error(self.file, self.last, "Unexpected EOF")
    }

    fn block(&mut self) -> Result<Block, String> {
        let mut block = Block::default();
        let mut more = true;
        while let Some((line, word)) = self.peek() {
            if word == "{" {
                self.at += 1;
                block.lines = self.lines()?.0;
                return Ok(block);
            }
            if word == "}" {
                return Err(error(self.file, line, "Unexpected '}' because no matching opening brace"));
            }
            // Without braces the first line holds the keys and all others are directives of the only block.
            if !more && block.keys.last().is_some_and(|(last, _)| *last != line) {
                block.lines = self.bare_lines()?;
                return Ok(block);
            }
            more = word.ends_with(',');
            let key = Text::new(word.trim_end_matches(','));
            if !key.is_empty() {
                block.keys.push((line, key));
            }
            self.at += 1;
        }
        if block.keys.is_empty() { Err(self.ended()) } else { Ok(block) }
    }

    /// Directives up to the closing brace, and the line of that.
    fn lines(&mut self) -> Result<(Vec<Line>, usize), String> {
        let mut lines = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.ended()),
                Some((number, "}")) => {
                    self.at += 1;
                    return Ok((lines, number));
                }
                Some(_) => lines.push(self.line()?),
            }
        }
    }

    fn bare_lines(&mut self) -> Result<Vec<Line>, String> {
        let mut lines = Vec::new();
        while self.peek().is_some() {
            lines.push(self.line()?);
        }
        Ok(lines)
    }

    fn line(&mut self) -> Result<Line, String> {
        let Some((number, _)) = self.peek() else { return Err(self.ended()) };
        let mut line = Line { number, end: number, ..Line::default() };
        while let Some((at, word)) = self.peek().filter(|(at, _)| *at == number) {
            if word == "{" {
                self.at += 1;
                (line.inner, line.end) = self.lines()?;
                break;
            }
            if word == "}" {
                break;
            }
            let word = Text::new(word);
            line.words.push(word);
            line.number = at;
            self.at += 1;
        }
        if line.words.is_empty() {
            return Err(error(self.file, number, "Unexpected '{'"));
        }
        Ok(line)
    }
}

/// Words with their lines: quotes hold blanks together, `#` begins a comment.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            let (word, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
            };
            found.push(Token { line: number + 1, text: Text::new(word) });
            rest = after.trim_start();
        }
    }
    found
}

//! awk: patterns and actions over fields, with variables, arrays, BEGIN and END; numbers have six decimal places.
mod read;
mod run;

use crate::table::{Done, Source, texts};
use read::When;

pub fn awk(words: &[String], source: &mut dyn Source) -> Done {
    let (mut mark, mut program, mut names, mut sets) = (None, None, Vec::new(), Vec::new());
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word.get(..2) {
            _ if program.is_some() => names.push(word),
            Some("-F") => mark = Some(if word.len() > 2 { &word[2..] } else { rest.next().unwrap_or("") }),
            Some("-v") => sets.extend(if word.len() > 2 { &word[2..] } else { rest.next().unwrap_or("") }.split_once('=')),
            _ => program = Some(word),
        }
    }
    let Some(program) = program else {
        return Done::wrong(2, "Usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]");
    };
    let rules = match read::program(program) {
        Ok(rules) => rules,
        Err(near) => return Done::wrong(2, &["awk: line 1: syntax error at or near ", &near].concat()),
    };
    let mut run = run::Run::new(mark.unwrap_or(" "));
    sets.iter().for_each(|(name, value)| run.set(name, value));
    let only_begins = rules.iter().all(|rule| matches!(rule.when, When::Begin));
    run.rules(&rules, true);
    if !only_begins {
        let mut done = Done::default();
        let Some(texts) = texts("awk: cannot open", &names, source, &mut done, 2) else { return Done::waiting() };
        run.done.err.push_str(&done.err);
        run.done.code = done.code;
        for line in texts.iter().flat_map(|(_, text)| text.lines()) {
            if run.ended {
                break;
            }
            run.line(&rules, line);
        }
        run.rules(&rules, false);
    }
    run.done
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Piped(&'static str);

    impl Source for Piped {
        fn stdin(&mut self, _: bool) -> Option<(String, bool)> {
            Some((self.0.to_string(), false))
        }
        fn file(&mut self, _: &str) -> Result<String, &'static str> {
            Err("No such file or directory")
        }
        fn write(&mut self, _: &str, _: String) -> Result<(), &'static str> {
            Ok(())
        }
        fn below(&mut self, _: &str) -> Option<Vec<String>> {
            None
        }
    }

    fn run(words: &[&str], text: &'static str) -> String {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let done = awk(&words, &mut Piped(text));
        done.out + &done.err
    }

    #[test]
    fn fields_are_printed_summed_and_chosen() {
        let text = "web 3 1.5\ndb 4 2\nweb 1 x\n";
        assert_eq!(run(&["{print $2, $1}"], text), "3 web\n4 db\n1 web\n");
        assert_eq!(run(&["/web/ {n += $2} END {print n}"], text), "4\n");
        assert_eq!(run(&["NR > 1 && $2 >= 1 {print NR\": \"$NF}"], text), "2: 2\n3: x\n");
        assert_eq!(run(&["{a[$1]++} END {for (k in a) print k, a[k]}"], text), "db 1\nweb 2\n");
        assert_eq!(run(&["{s += $3} END {printf \"%.2f %s|%5d|\\n\", s / NR, \"x\", 7}"], text), "1.17 x|    7|\n");
        assert_eq!(run(&["$1 == \"db\" {print; exit} {if ($2 > 2) print \"many\"; else print \"few\"}"], text), "many\ndb 4 2\n");
        assert_eq!(
            run(&["-F:", "BEGIN {OFS=\"-\"} $1 ~ /^a/ {print $1, toupper($2), length($2), substr($2, 2, 2)}"], "ab:cdef\nb:c\n"),
            "ab-CDEF-4-de\n"
        );
        assert_eq!(run(&["-v", "n=2", "{print $n; $1 = \"x\"; print}"], "a b\n"), "b\nx b\n");
        assert_eq!(run(&["{gsub(/a/, \"b\"); print; print $0 ~ \"c\" ? 1 : 2}"], "aca\n"), "bcb\n1\n");
        assert_eq!(run(&["{print $1"], "a\n"), "awk: line 1: syntax error at or near end of file\n");
    }
}

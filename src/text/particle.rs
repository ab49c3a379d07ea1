//! Korean particles by the final sound of the word before them, also for Latin words and digits.

/// A pair of forms: after a final consonant, after a vowel.
#[derive(Clone, Copy)]
pub enum Pair {
    /// 은/는
    #[cfg(test)]
    Topic,
    /// 이/가
    Subject,
    /// 을/를
    Object,
    /// 으로/로
    To,
    /// 과/와
    With,
}

/// The word with its particle: `파드가`, `Pod가`, `노드를`, `worker-1은`.
pub fn particle(word: &str, pair: Pair) -> String {
    let (closed, rieul) = last_sound(word);
    let (after_consonant, after_vowel) = match pair {
        #[cfg(test)]
        Pair::Topic => ("은", "는"),
        Pair::Subject => ("이", "가"),
        Pair::Object => ("을", "를"),
        Pair::To => ("으로", "로"),
        Pair::With => ("과", "와"),
    };
    // ㄹ before 로 counts as a vowel: 터미널로.
    let closed = closed && !(matches!(pair, Pair::To) && rieul);
    format!("{word}{}", if closed { after_consonant } else { after_vowel })
}

/// Whether a word ends in a consonant when it is read in Korean, and whether that is ㄹ.
fn last_sound(word: &str) -> (bool, bool) {
    let word = word.trim_end_matches(|sign: char| sign.is_ascii() && !sign.is_ascii_alphanumeric());
    let latin: Vec<char> = word.chars().rev().take_while(char::is_ascii_alphabetic).map(|sign| sign.to_ascii_lowercase()).collect();
    match latin[..] {
        // Without a vowel it is spelt: http, db, vm.
        [last, ..] if !latin.iter().any(|sign| "aeiouy".contains(*sign)) => {
            (matches!(last, 'l' | 'm' | 'n' | 'r'), matches!(last, 'l' | 'r'))
        }
        // A silent e: control-plane, runtime, console.
        ['e', before @ ('l' | 'm' | 'n'), _, ..] => (true, before == 'l'),
        // kubelet, ReplicaSet, socket
        ['t', 'e', _, ..] => (true, false),
        _ => word.chars().next_back().map(final_sound).unwrap_or((false, false)),
    }
}

/// Whether a sign ends in a consonant when it is read in Korean, and whether that is ㄹ.
fn final_sound(sign: char) -> (bool, bool) {
    match sign {
        '가'..='힣' => {
            let tail = (sign as u32 - '가' as u32) % 28;
            (tail != 0, tail == 8)
        }
        '0' | '3' | '6' => (true, false),
        '1' | '7' | '8' => (true, true),
        'l' | 'L' | 'r' | 'R' => (sign.eq_ignore_ascii_case(&'l'), sign.eq_ignore_ascii_case(&'l')),
        'm' | 'M' | 'n' | 'N' | 'g' | 'G' | 'k' | 'K' | 'b' | 'B' | 'p' | 'P' => (true, false),
        _ => (false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_final_sound() {
        assert_eq!(particle("파드", Pair::Subject), "파드가");
        assert_eq!(particle("디플로이먼트", Pair::Topic), "디플로이먼트는");
        assert_eq!(particle("그림", Pair::Object), "그림을");
        assert_eq!(particle("터미널", Pair::To), "터미널로");
        assert_eq!(particle("그림", Pair::To), "그림으로");
        assert_eq!(particle("Pod", Pair::Subject), "Pod가");
        assert_eq!(particle("worker-1", Pair::Topic), "worker-1은");
        assert_eq!(particle("worker-2", Pair::Object), "worker-2를");
        assert_eq!(particle("kube-scheduler", Pair::Subject), "kube-scheduler가");
        assert_eq!(particle("control-plane", Pair::Subject), "control-plane이");
        assert_eq!(particle("kubelet", Pair::Subject), "kubelet이");
        assert_eq!(particle("service", Pair::Object), "service를");
        assert_eq!(particle("node", Pair::With), "node와");
        assert_eq!(particle("control-plane-1", Pair::With), "control-plane-1과");
        assert_eq!(particle("http", Pair::Object), "http를");
        assert_eq!(particle("URL", Pair::To), "URL로");
        assert_eq!(particle("10.244.1.3", Pair::To), "10.244.1.3으로");
    }
}

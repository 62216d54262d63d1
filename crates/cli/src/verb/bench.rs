//! `squint bench`: prefill and decode, warm, medians; beside them what the machine can do at most.

use crate::bar::Bar;
use crate::open::{How, unpacked};
use crate::{stages, table};
use serde_json::{Value, json};
use squint_engine::answer::Measured;
use squint_engine::estimate::Stage;
use squint_engine::{Choice, Host, Isa, Peaks, Profile, Session, room};
use squint_ops::{Error, INT8};

/// Runs: their times are all kept.
const MOST: usize = 1_000_000;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub how: How,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 200)]
    prompt_tokens: usize,
    /// Tokens of the answer
    #[arg(long = "gen", default_value_t = 48)]
    answer: usize,
    /// Measured runs; the first one is thrown away
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// One more run, step by step: what each kind of step takes
    #[arg(long)]
    profile: bool,
}

pub async fn run(args: Args) -> Result<(), Error> {
    if args.runs == 0 || args.answer == 0 {
        let what = format!("{} runs with answers of {} tokens measure nothing", args.runs, args.answer);
        return Err(Error::new("bench", what, "ask for at least one run, and one token of answer"));
    }
    if args.runs > MOST {
        return Err(Error::new("bench", format!("{} runs", args.runs), format!("ask for {MOST} at most")));
    }
    let mut session = args.how.session().await?;
    // Measured are so many tokens behind the first one, which comes with the prompt.
    room::fits(args.prompt_tokens, args.answer.saturating_add(1), session.room())?;
    let now = Host::native().now;
    let vocab = session.model.sizes.vocab as u32;
    // Ids without meaning: the work is the same.
    let prompt: Vec<u32> = (0..args.prompt_tokens as u32).map(|i| (i * 7919 + 13) % vocab).collect();
    let (mut times, mut last) = ([vec![], vec![]], [Stage::default(), Stage::default()]);
    // A line drawn now and then: what it takes is below what two runs differ by.
    let bar = Bar::counting("measuring", (args.runs + 1).saturating_mul(args.prompt_tokens + args.answer));
    for run in 0..args.runs + 1 {
        // Another first token makes a prompt that no cache knows.
        let mut prompt = prompt.clone();
        prompt.iter_mut().take(1).for_each(|first| *first = run as u32 % vocab);
        session.take_bill();
        let start = now();
        session.prefill(&prompt).await?;
        session.next(Choice::GREEDY, 1).await?;
        let read = now();
        last[0] = Stage::billed("prefill", args.prompt_tokens, &session);
        bar.more(args.prompt_tokens);
        let read = read - start;
        let start = now();
        let mut done = 0;
        while done < args.answer {
            let more = session.next(Choice::GREEDY, args.answer - done).await?.len();
            done += more;
            bar.more(more);
        }
        let said = now() - start;
        last[1] = Stage::billed("decode", args.answer, &session);
        if run > 0 {
            times[0].push(read);
            times[1].push(said);
        }
    }
    drop(bar);
    // All runs do the same work: what the last one moved is what each did.
    let [read, said] = times.map(|mut times| median(&mut times));
    let speed = |tokens: usize, ms: f64| tokens as f64 / ms * 1e3;
    let (prefill, decode) = (speed(args.prompt_tokens, read), speed(args.answer, said));
    let taken = |(stage, ms)| Measured { stage, ms, reused: false };
    let measured: Vec<_> = last.into_iter().zip([read, said]).map(taken).collect();
    let mut profiles = vec![];
    if args.profile {
        let mut prompt = prompt.clone();
        prompt.iter_mut().take(1).for_each(|first| *first = (args.runs as u32 + 1) % vocab);
        profiles = profile(&mut session, &prompt, args.answer, [read, said]).await?;
    }
    let caps = session.model.backend.caps();
    let mut json = json!({"prefill_tokens_per_s": prefill, "decode_tokens_per_s": decode,
        "prompt_tokens": args.prompt_tokens, "gen": args.answer, "runs": args.runs, "backend": caps.name,
        "device": caps.device, "stages": stages::json(&measured), "unpacked": unpacked(&session.model.unpacked)});
    let gop = measured[0].stage.flops as f64 / args.prompt_tokens as f64 * prefill / 1e9;
    let roof = if caps.name == "cpu" { Some(Roof::measure(&session)?) } else { None };
    if let (Some(roof), Some(json)) = (&roof, json.as_object_mut()) {
        json.extend(roof.shares(gop, decode));
    }
    if let (Some(json), false) = (json.as_object_mut(), profiles.is_empty()) {
        let profiles: serde_json::Map<_, _> = profiles.iter().map(|s| (s.name.into(), s.json())).collect();
        json.insert("profile".into(), profiles.into());
    }
    if args.how.json {
        crate::say(&json.to_string());
        return Ok(());
    }
    crate::say(&format!("{} ({}), medians of {} warm runs", caps.name, caps.device, args.runs));
    for (Measured { stage, ms, .. }, speed) in measured.iter().zip([prefill, decode]) {
        let (name, tokens, megabytes) = (stage.name, stage.tokens_in, stage.bytes as f64 / 1e6);
        crate::say(&format!(
            "{name:8} {speed:8.1} tokens/s over {tokens} tokens: {ms:.1} ms, {megabytes:.1} MB touched"
        ));
    }
    if let Some(roof) = &roof {
        roof.tell(gop, decode);
    }
    profiles.iter().flat_map(table::Stage::lines).for_each(|line| crate::say(&line));
    Ok(())
}

/// Prefill and decode once more, step by step; `totals` are what they took in one piece.
async fn profile(
    session: &mut Session,
    prompt: &[u32],
    answer: usize,
    totals: [f64; 2],
) -> Result<Vec<table::Stage>, Error> {
    session.profile = Some(Profile::default());
    session.prefill(prompt).await?;
    session.next(Choice::GREEDY, 1).await?;
    let prefill = session.profile.replace(Profile::default()).unwrap_or_default();
    let mut done = 0;
    while done < answer {
        done += session.next(Choice::GREEDY, answer - done).await?.len();
    }
    let decode = session.profile.take().unwrap_or_default();
    let stage = |name, tokens, total, profile| table::Stage { name, tokens, total, profile };
    Ok(vec![stage("prefill", prompt.len(), totals[0], prefill), stage("decode", answer, totals[1], decode)])
}

/// What the same threads can do at most, measured right after.
struct Roof {
    peaks: Peaks,
    /// Giga operations a second of the instructions that most of the work is done with, and what they multiply.
    most: f64,
    what: &'static str,
    bytes: u64,
}

impl Roof {
    fn measure(session: &Session) -> Result<Roof, Error> {
        let (reads, caps) = (session.model.reads()?, session.model.backend.caps());
        let peaks = Peaks::measure(Isa::best(), caps.threads, &*Host::native().now);
        let rounds = caps.features.iter().any(|f| f == INT8.name);
        let (most, what) = match reads.kind.codes.filter(|_| rounds) {
            Some(codes) if codes.bits <= 4 => (peaks.int4, "int4"),
            Some(_) => (peaks.int8, "int8"),
            None => (peaks.f32, "f32"),
        };
        Ok(Roof { peaks, most, what, bytes: reads.bytes })
    }

    /// Gigabytes of weights a second.
    fn fetched(&self, decode: f64) -> f64 {
        self.bytes as f64 * decode / 1e9
    }

    fn shares(&self, gop: f64, decode: f64) -> serde_json::Map<String, Value> {
        let p = &self.peaks;
        let numbers = [
            ("bandwidth_gb_s", p.read),
            ("copy_gb_s", p.copy),
            ("weights_gb_s", self.fetched(decode)),
            ("share_of_bandwidth", self.fetched(decode) / p.read),
            ("gop_s", gop),
            ("peak_gop_s", self.most),
            ("share_of_peak", gop / self.most),
            ("peak_int4_gop_s", p.int4),
            ("peak_int8_gop_s", p.int8),
            ("peak_f32_gop_s", p.f32),
        ];
        let mut all: serde_json::Map<_, _> = numbers.map(|(name, n)| (name.into(), n.into())).into_iter().collect();
        all.insert("weight_bytes_per_token".into(), self.bytes.into());
        all.insert("peak_of".into(), format!("{} {}", Isa::best().name(), self.what).into());
        all
    }

    fn tell(&self, gop: f64, decode: f64) {
        let (p, percent) = (&self.peaks, |a: f64, b: f64| 100.0 * a / b);
        crate::say(&format!(
            "prefill  {gop:8.1} GOP/s, {:.0} % of the {:.0} that {} {} gives from the nearest cache",
            percent(gop, self.most),
            self.most,
            Isa::best().name(),
            self.what
        ));
        crate::say(&format!(
            "decode   {:8.1} GB/s of weights, {:.0} % of the {:.1} that reading memory gives (copying: {:.1})",
            self.fetched(decode),
            percent(self.fetched(decode), p.read),
            p.read,
            p.copy
        ));
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

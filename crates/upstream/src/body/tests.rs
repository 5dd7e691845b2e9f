//! Bodies over streams that are made up, in paused time.

use futures_util::{FutureExt, stream};

use super::*;

fn limits() -> Deadlines {
    Deadlines {
        idle: Duration::from_secs(20),
        body: Duration::from_secs(100),
        ..Deadlines::default()
    }
}

fn pieces(of: &'static [&'static str]) -> Pieces {
    stream::iter(
        of.iter()
            .map(|piece| Ok(Bytes::from_static(piece.as_bytes()))),
    )
    .boxed()
}

/// One byte every `every`, for ever.
fn drip(every: Duration) -> Pieces {
    stream::repeat(())
        .then(move |()| async move {
            tokio::time::sleep(every).await;
            Ok(Bytes::from_static(b"x"))
        })
        .boxed()
}

async fn all(body: Body) -> Result<Bytes, UpstreamError> {
    body.read_all().await
}

#[tokio::test]
async fn a_whole_body_comes_through() {
    assert_eq!(
        all(Body::new(
            pieces(&["ab", "", "c", "de"]),
            Some(5),
            5,
            5,
            &limits()
        ))
        .await
        .unwrap(),
        "abcde"
    );
    assert_eq!(
        all(Body::new(pieces(&["ab", "c"]), None, 5, 5, &limits()))
            .await
            .unwrap(),
        "abc"
    );
    assert_eq!(
        all(Body::new(pieces(&["ab"]), None, 5, 5, &limits()))
            .await
            .unwrap(),
        "ab"
    );
    assert_eq!(all(Body::empty(&limits())).await.unwrap(), "");
}

#[tokio::test]
async fn shorter_or_longer_than_announced_is_broken() {
    for (announced, of) in [(4, &["ab", "c"]), (2, &["ab", "c"]), (0, &["", "c"])] {
        let error = all(Body::new(pieces(of), Some(announced), 10, 10, &limits()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, UpstreamError::Broken { .. }),
            "{announced}: {error:?}"
        );
    }
}

#[tokio::test]
async fn more_than_the_limit_is_too_large() {
    let mut body = Body::new(pieces(&["ab", "cd"]), None, 3, 103, &limits());
    assert_eq!(body.next().await.unwrap().unwrap(), "ab");
    assert_eq!(
        body.next().await.unwrap(),
        Err(UpstreamError::TooLarge { cap: 103 })
    );
    assert!(body.next().await.is_none(), "nothing comes after an error");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_body() {
    let begun = Instant::now();
    let mut body = Body::new(
        pieces(&["ab"]).chain(stream::pending()).boxed(),
        Some(9),
        10,
        10,
        &limits(),
    );
    assert_eq!(body.next().await.unwrap().unwrap(), "ab");
    let error = body.next().await.unwrap().unwrap_err();
    assert_eq!(
        error,
        UpstreamError::Timeout {
            stage: Stage::Idle,
            after: Duration::from_secs(20)
        }
    );
    assert_eq!(begun.elapsed().as_secs(), 20);
    assert!(body.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn every_piece_starts_the_silence_anew() {
    let mut body = Body::new(drip(Duration::from_secs(15)), None, 10, 10, &limits());
    for _ in 0..5 {
        body.next().await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_the_upstreams_silence() {
    let mut body = Body::new(drip(Duration::from_secs(5)), None, 10, 10, &limits());
    body.next().await.unwrap().unwrap();
    // Polled once, so that the silence has begun; then left alone for longer than it may last.
    assert!(body.next().now_or_never().is_none());
    body.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    body.next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_drip_does_not_last_for_ever() {
    let begun = Instant::now();
    let error = all(Body::new(
        drip(Duration::from_secs(15)),
        None,
        1000,
        1000,
        &limits(),
    ))
    .await
    .unwrap_err();
    assert_eq!(
        error,
        UpstreamError::Timeout {
            stage: Stage::Body,
            after: Duration::from_secs(100)
        }
    );
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_whole_body_holds_without_any_silence_too() {
    let mut body = Body::new(pieces(&["a", "b"]), None, 10, 10, &limits());
    body.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(101)).await;
    let error = body.next().await.unwrap().unwrap_err();
    assert!(matches!(
        error,
        UpstreamError::Timeout {
            stage: Stage::Body,
            ..
        }
    ));
}

#[tokio::test]
async fn the_source_is_let_go_at_the_end_and_after_an_error() {
    struct Guard(std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
    for announced in [Some(2), Some(9)] {
        let gone = std::sync::Arc::default();
        let guard = Guard(std::sync::Arc::clone(&gone));
        let mut of = pieces(&["ab"]);
        let source = stream::poll_fn(move |context| {
            let _ = &guard;
            of.poll_next_unpin(context)
        });
        let mut body = Body::new(source.boxed(), announced, 10, 10, &limits());
        while body.next().await.is_some() {}
        assert!(
            gone.load(std::sync::atomic::Ordering::SeqCst),
            "{announced:?}"
        );
    }
}

#[tokio::test]
async fn a_file_is_read_from_where_it_stands() {
    use std::io::{Seek, SeekFrom, Write};
    let mut file = tempfile::tempfile().unwrap();
    let content: Vec<u8> = (0..=255).cycle().take(3 * CHUNK + 17).collect();
    file.write_all(&content).unwrap();
    file.seek(SeekFrom::Start(5)).unwrap();
    let length = content.len() as u64 - 5;
    let body = Body::new(
        of_file(file.into(), Box::new(())),
        Some(length),
        length,
        length,
        &limits(),
    );
    assert_eq!(all(body).await.unwrap(), content[5..]);
}

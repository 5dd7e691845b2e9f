//! The pictures of the tray: four states, for a light and a dark panel, at two sizes.

use app::Mood;
use tauri::image::Image;

/// Which picture: of what, for a dark panel or a light one, at twice the size or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Icon {
    /// The state.
    pub(crate) mood: Mood,
    /// Whether the panel is dark.
    pub(crate) on_dark: bool,
    /// Whether the screen has many pixels.
    pub(crate) large: bool,
}

macro_rules! pictures {
    ($state:literal) => {
        [
            include_bytes!(concat!("../../../icons/tray/", $state, "-on-light-22.png")).as_slice(),
            include_bytes!(concat!("../../../icons/tray/", $state, "-on-light-44.png")).as_slice(),
            include_bytes!(concat!("../../../icons/tray/", $state, "-on-dark-22.png")).as_slice(),
            include_bytes!(concat!("../../../icons/tray/", $state, "-on-dark-44.png")).as_slice(),
        ]
    };
}

impl Icon {
    /// The picture.
    ///
    /// # Errors
    /// Never, as long as the files in the program are pictures.
    pub(crate) fn image(self) -> tauri::Result<Image<'static>> {
        let of_state = match self.mood {
            Mood::Serving => pictures!("serving"),
            Mood::Degraded => pictures!("degraded"),
            Mood::Offline => pictures!("offline"),
            Mood::Paused => pictures!("paused"),
        };
        Image::from_bytes(of_state[2 * usize::from(self.on_dark) + usize::from(self.large)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pictures_are_there_and_differ() {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for mood in Mood::ALL {
            for on_dark in [false, true] {
                for (large, size) in [(false, 22), (true, 44)] {
                    let image = Icon {
                        mood,
                        on_dark,
                        large,
                    }
                    .image()
                    .unwrap();
                    assert_eq!((image.width(), image.height()), (size, size));
                    assert!(!seen.iter().any(|other| other == image.rgba()), "{mood:?}");
                    seen.push(image.rgba().to_vec());
                }
            }
        }
    }

    #[test]
    fn states_are_told_apart_by_shape_alone() {
        let shape = |mood| {
            let image = Icon {
                mood,
                on_dark: true,
                large: false,
            }
            .image()
            .unwrap();
            let covered = image.rgba().chunks(4).map(|pixel| pixel[3] > 127);
            covered.collect::<Vec<bool>>()
        };
        for one in Mood::ALL {
            for other in Mood::ALL.into_iter().filter(|other| *other != one) {
                let differing = shape(one)
                    .iter()
                    .zip(shape(other))
                    .filter(|(a, b)| **a != *b)
                    .count();
                assert!(
                    differing >= 30,
                    "{one:?} and {other:?} differ in {differing} pixels of 484"
                );
            }
        }
    }
}

//! QR codes as one vector path: integer modules under one transformation, dark modules of a row merged.

use super::draft::Area;
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around a code, on every side (ISO/IEC 18004).
pub(crate) const QUIET_MODULES: i32 = 4;

/// A code that can be drawn.
pub(crate) struct Qr(QrCode);

impl Qr {
    /// A text at level M. `None` if it is too long.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        QrCode::encode_text(text, QrCodeEcc::Medium).ok().map(Self)
    }

    /// Bytes at level L, at most 2,953 (version 40).
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        QrCode::encode_binary(bytes, QrCodeEcc::Low).ok().map(Self)
    }

    /// Modules on a side, without the light ones around.
    pub(crate) fn modules(&self) -> i32 {
        self.0.size()
    }

    /// Operators that draw the code so that it fills a square area, light modules around included.
    pub(crate) fn operators(&self, area: Area) -> String {
        let size = self.modules();
        let module = area.width() / f64::from(size + 2 * QUIET_MODULES);
        let margin = f64::from(QUIET_MODULES) * module;
        let mut out = format!("q {module:.5} 0 0 {module:.5} {:.3} {:.3} cm 0 g\n", area.left + margin, area.bottom + margin);
        for y in 0..size {
            let mut x = 0;
            while x < size {
                let run = (x..size).take_while(|at| self.0.get_module(*at, y)).count();
                let run = i32::try_from(run).unwrap_or(0);
                if run > 0 {
                    out.push_str(&format!("{x} {} {run} 1 re\n", size - 1 - y));
                }
                x += run.max(1);
            }
        }
        out.push_str("f Q\n");
        out
    }
}

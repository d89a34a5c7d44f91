//! The real window on a display of its own, opened to be killed. Where it is not built, or there is no Xvfb, it says so.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The window is there in a tenth of this, if it is of the same build as the database.
const DEADLINE: Duration = Duration::from_secs(30);

pub struct Window {
    display: Child,
    window: Child,
}

impl Window {
    /// Opens it on a workspace and waits until it reads the database; or says what is missing.
    pub fn open(workspace: &Path) -> Result<Self, &'static str> {
        let program = program().ok_or("vitals-desktop is not built")?;
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut display = server.spawn().map_err(|_| "there is no Xvfb")?;
        let mut number = String::new();
        BufReader::new(display.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let mut window = Command::new(program);
        window.env("DISPLAY", format!(":{}", number.trim())).env("VITALS_WORKSPACE", workspace);
        window.env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none").env("GDK_BACKEND", "x11");
        let window = window.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut opened = Self { display, window };
        let database = workspace.join("vitals.db");
        let began = Instant::now();
        while !has_open(opened.pid(), &database) {
            assert!(opened.window.try_wait().unwrap().is_none(), "the window ended by itself");
            if began.elapsed() > DEADLINE {
                return Err("vitals-desktop does not open this workspace: build it again");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(opened)
    }

    pub fn pid(&self) -> u32 {
        self.window.id()
    }

    /// Ends it by signal 9, as a crash would.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        for child in [&mut self.window, &mut self.display] {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

/// Beside this program's folder, or in that of the usual build where this is an optimised one.
fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(2).unwrap();
    let folders = [built.to_owned(), built.with_file_name("debug")];
    folders.map(|folder| folder.join("vitals-desktop")).into_iter().find(|program| program.is_file())
}

fn has_open(pid: u32, file: &Path) -> bool {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    open.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|target| target == file)
}

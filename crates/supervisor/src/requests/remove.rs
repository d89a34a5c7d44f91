//! The request to remove a run: its folder first, then all that the store knows of it.

use vitals_store::RunId;

use super::answer::{Answer, done, refused};
use crate::error::{Result, SupervisorError};
use crate::rooms::Rooms;

pub(super) async fn remove(rooms: &mut Rooms, run: RunId) -> Result<Answer> {
    let folder = rooms.ground.folder(run);
    let path = folder.path().to_owned();
    let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(path)).await;
    match removed {
        Ok(Ok(())) => {}
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
        Ok(Err(source)) => {
            let path = folder.path().to_owned();
            return Err(SupervisorError::Io { operation: "remove", path, source });
        }
        Err(join) => return Ok(refused(format!("failed to remove its folder: {join}"))),
    }
    rooms.ground.store.remove_run(run).await?;
    rooms.line.wishes.remove(&run);
    Ok(done("removed"))
}

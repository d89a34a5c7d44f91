//! Shapes: a stream's name and columns, stored once and shared by all runs that record the same. Immutable once
//! written, so committed ones may be cached for the life of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use vitals_journal::{Column, with_roles};

use crate::{Result, StoreError};

/// What the rows of a stream look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// `step`, `gradients`, `evaluation`, `system`.
    pub name: String,
    pub columns: Vec<Column>,
}

/// Committed shapes by their number.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShapeCache(Arc<Mutex<HashMap<i64, Arc<Shape>>>>);

impl ShapeCache {
    /// Reads a shape; the caller's connection must see committed data, or must not roll back what it wrote there.
    pub(crate) async fn get(&self, connection: &mut SqliteConnection, num: i64) -> Result<Arc<Shape>> {
        if let Some(shape) = self.lock().get(&num) {
            return Ok(Arc::clone(shape));
        }
        let shape = Arc::new(read(connection, num).await?);
        self.lock().insert(num, Arc::clone(&shape));
        Ok(shape)
    }

    /// Only what is cached already: for transactions that may roll back.
    pub(crate) async fn get_uncached(
        &self,
        connection: &mut SqliteConnection,
        num: i64,
    ) -> Result<Arc<Shape>> {
        let cached = self.lock().get(&num).map(Arc::clone);
        match cached {
            Some(shape) => Ok(shape),
            None => Ok(Arc::new(read(connection, num).await?)),
        }
    }

    /// Remembers shapes whose transaction has committed.
    pub(crate) fn remember(&self, shapes: impl IntoIterator<Item = (i64, Arc<Shape>)>) {
        self.lock().extend(shapes);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Arc<Shape>>> {
        // A map of immutable values is whole even where a holder panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(connection: &mut SqliteConnection, num: i64) -> Result<Shape> {
    let row =
        sqlx::query!("SELECT name, columns FROM shapes WHERE num = ?", num).fetch_one(connection).await?;
    let columns: Vec<Column> = serde_json::from_str(&row.columns)
        .map_err(|source| StoreError::Json { what: "a shape's columns", source })?;
    // Shapes are stored as they were declared, so those of older journals bear no roles: names tell them, here and nowhere else.
    Ok(Shape { name: row.name, columns: with_roles(columns) })
}

/// The number of the shape, written where it is new.
pub(crate) async fn intern(connection: &mut SqliteConnection, shape: &Shape) -> Result<i64> {
    let columns = serde_json::to_string(&shape.columns)
        .map_err(|source| StoreError::Json { what: "a shape's columns", source })?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(shape.name.as_bytes()).update(&[0]).update(columns.as_bytes());
    let hash = hasher.finalize().to_hex().to_string();
    if let Some(num) = sqlx::query_scalar!("SELECT num FROM shapes WHERE hash = ?", hash)
        .fetch_optional(&mut *connection)
        .await?
    {
        return Ok(num);
    }
    let num = sqlx::query_scalar!(
        "INSERT INTO shapes (hash, name, columns) VALUES (?, ?, ?) RETURNING num",
        hash,
        shape.name,
        columns
    )
    .fetch_one(connection)
    .await?;
    Ok(num)
}

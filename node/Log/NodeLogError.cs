namespace PmOrleans.Node.Log;

/// <summary>Why a store could not be opened, written, copied or read.</summary>
public enum NodeLogError
{
    /// <summary>Another process (or another instance) holds the data folder.</summary>
    InUse,

    /// <summary>The folder cannot be created, entered or written.</summary>
    FolderUnusable,

    /// <summary>The file is damaged, or is no database.</summary>
    Corrupt,

    /// <summary>The file is a database, but not a node's store.</summary>
    NotAStore,

    /// <summary>A newer release wrote the store.</summary>
    FormatTooNew,

    /// <summary>The store has a format that this release does not read any more.</summary>
    FormatTooOld,

    /// <summary>The store cannot be read or written now: disk full, locked, I/O error. Trying again later may help.</summary>
    Unavailable,

    /// <summary>The epoch is sealed: another process has taken over.</summary>
    Fenced,

    /// <summary>The log is being closed or was closed.</summary>
    Closed,

    /// <summary>The target of a backup exists.</summary>
    TargetExists,

    /// <summary>The folder to restore into is not empty.</summary>
    FolderNotEmpty,
}

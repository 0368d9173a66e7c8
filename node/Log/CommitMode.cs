namespace PmOrleans.Node.Log;

/// <summary>When the caller of an append is told that it is done.</summary>
public enum CommitMode
{
    /// <summary>After the record is on disk (fsync). A power cut loses nothing that was completed.</summary>
    Sync,

    /// <summary>
    /// After the record was handed to the operating system; the disk follows within <see cref="NodeLogOptions.FlushInterval"/>. A killed process
    /// loses nothing that was completed; a power cut or a crash of the operating system loses at most what was completed in the last
    /// flush interval plus the time of one fsync, always from the end, never a hole.
    /// After any end that was not a stop, what the process had leased of a budget counts as spent, as what was lost may have spent it.
    /// </summary>
    Async,
}

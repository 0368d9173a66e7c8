using System.Net.Sockets;
using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>What a failure of the database means.</summary>
internal static class ServerFailure
{
    /// <summary>Raised by begin_write: sealed, or another connection has the epoch.</summary>
    private const string SealedState = "PM001";

    /// <summary>Raised by begin_write: a customer was erased that the writer has not heard of.</summary>
    private const string ErasedState = "PM003";

    /// <summary>Raised by add_catalog and replace_value: another node was quicker.</summary>
    private const string OutOfTurnState = "PM002";

    public static bool IsServer(Exception exception) =>
        exception is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>
    /// The server refused a statement, and with it the transaction. A FATAL error ends the session, perhaps behind a COMMIT that happened: that says nothing.
    /// </summary>
    public static bool IsRefusal(Exception exception) => exception is PostgresException { Severity: "ERROR" };

    public static bool IsSealed(Exception exception) => exception is PostgresException { SqlState: SealedState };

    /// <summary>Worth another look at the same batch: a key is taken, an erasure came between, or two writers stood in each other's way.</summary>
    public static bool IsClash(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or ErasedState,
    };

    /// <summary>The work's own doing: data, constraint, permission, a trigger of somebody's. Anything else concerns the whole transaction.</summary>
    public static bool IsOfWork(Exception exception) =>
        exception is PostgresException { Severity: "ERROR", SqlState: OutOfTurnState or ['2', '2' or '3', ..] or ['4', '2', ..] or ['P', '0', ..] };

    /// <summary>What the one who gave the work gets to see.</summary>
    public static Exception ExplainWork(Exception exception) => exception is PostgresException { SqlState: OutOfTurnState } outOfTurn
        ? new InvalidOperationException(outOfTurn.MessageText)
        : Explain(exception, "The work was refused by the store");

    public static NodeLogException Explain(Exception exception, string what) => new(
        exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction } => NodeLogError.NotAStore,
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidCatalogName } => NodeLogError.FolderUnusable,
            PostgresException refused when IsOfPooler(refused) => NodeLogError.FolderUnusable,
            PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } => NodeLogError.Corrupt,
            _ => NodeLogError.Unavailable,
        },
        $"{what}: {exception.Message}{(exception is PostgresException pooler && IsOfPooler(pooler) ? " (a pooler's word: connect to the server itself)" : "")}",
        exception);

    /// <summary>No server refuses the settings of a session so, and a pooler would have to keep them.</summary>
    private static bool IsOfPooler(PostgresException refused) =>
        refused.SqlState == PostgresErrorCodes.ProtocolViolation && refused.MessageText.Contains("startup parameter", StringComparison.Ordinal);
}

namespace PmOrleans.Decisioning.Rules;

/// <summary>What a <see cref="CelValue"/> holds. <see cref="Error"/> is the value of <c>default(CelValue)</c>: nothing was ever put there.</summary>
public enum CelKind : byte
{
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    List,
    Map,
    Timestamp,
    Duration,
    Type,
}

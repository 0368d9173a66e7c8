namespace PmOrleans.Decisioning.Rules;

/// <summary>A type as the checker sees it. <see cref="Dyn"/> means "known only when the rule runs".</summary>
public sealed class CelType : IEquatable<CelType>
{
    private CelType(CelTypeKind kind, string name, params CelType[] parameters)
    {
        Kind = kind;
        Name = name;
        Parameters = parameters;
    }

    public static CelType Dyn { get; } = new(CelTypeKind.Dyn, "dyn");
    public static CelType Null { get; } = new(CelTypeKind.Null, "null_type");
    public static CelType Bool { get; } = new(CelTypeKind.Bool, "bool");
    public static CelType Int { get; } = new(CelTypeKind.Int, "int");
    public static CelType Uint { get; } = new(CelTypeKind.Uint, "uint");
    public static CelType Double { get; } = new(CelTypeKind.Double, "double");
    public static CelType String { get; } = new(CelTypeKind.String, "string");
    public static CelType Bytes { get; } = new(CelTypeKind.Bytes, "bytes");
    public static CelType Timestamp { get; } = new(CelTypeKind.Timestamp, "timestamp");
    public static CelType Duration { get; } = new(CelTypeKind.Duration, "duration");

    /// <summary>The type of an expression that already has an error: it fits everywhere, so that one mistake is told once.</summary>
    internal static CelType Faulty { get; } = new(CelTypeKind.Dyn, "error");

    internal CelTypeKind Kind { get; }

    internal string Name { get; }

    internal IReadOnlyList<CelType> Parameters { get; }

    public static CelType List(CelType element) => new(CelTypeKind.List, "list", element);

    public static CelType Map(CelType key, CelType value) => new(CelTypeKind.Map, "map", key, value);

    /// <summary>The type of the value that names <paramref name="type"/>.</summary>
    internal static CelType TypeOf(CelType type) => new(CelTypeKind.Type, "type", type);

    /// <summary>A type still to be found out; <c>A</c> and <c>B</c> in a function's signature.</summary>
    internal static CelType Variable(string name) => new(CelTypeKind.Variable, name);

    internal bool IsDyn => Kind == CelTypeKind.Dyn;

    public bool Equals(CelType? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is null || Kind != other.Kind || (Kind == CelTypeKind.Variable && Name != other.Name))
            return false;
        for (var i = 0; i < Parameters.Count; i++)
        {
            if (!Parameters[i].Equals(other.Parameters[i]))
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as CelType);

    public override int GetHashCode() => Kind == CelTypeKind.Variable
        ? Name.GetHashCode(StringComparison.Ordinal)
        : Parameters.Count == 0 ? (int)Kind : HashCode.Combine(Kind, Parameters[0]);

    public override string ToString() => Parameters.Count == 0 ? Name : $"{Name}({string.Join(", ", Parameters)})";
}

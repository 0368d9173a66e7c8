namespace PmOrleans.Decisioning.Rules;

/// <summary>One signature of a function. Types of kind Variable (A, B) are found out anew at every call.</summary>
internal sealed class RuleOverload(bool member, CelType[] parameters, CelType result)
{
    public bool Member => member;

    public CelType[] Parameters => parameters;

    public CelType Result => result;

    public bool IsGeneric { get; } = MentionsVariable(result) || Array.Exists(parameters, MentionsVariable);

    /// <summary>Parameters and result with A and B replaced.</summary>
    public (CelType[] Parameters, CelType Result) Instantiate(TypeUnifier unifier)
    {
        if (!IsGeneric)
            return (parameters, result);
        var (a, b) = (unifier.Fresh(), unifier.Fresh());
        return (Array.ConvertAll(parameters, p => Replace(p, a, b)), Replace(result, a, b));
    }

    private static bool MentionsVariable(CelType type) => type.Kind == CelTypeKind.Variable || type.Parameters.Any(MentionsVariable);

    private static CelType Replace(CelType type, CelType a, CelType b) => type.Kind switch
    {
        CelTypeKind.Variable => type.Name == "A" ? a : b,
        CelTypeKind.List => CelType.List(Replace(type.Parameters[0], a, b)),
        CelTypeKind.Map => CelType.Map(Replace(type.Parameters[0], a, b), Replace(type.Parameters[1], a, b)),
        CelTypeKind.Type => CelType.TypeOf(Replace(type.Parameters[0], a, b)),
        _ => type,
    };
}

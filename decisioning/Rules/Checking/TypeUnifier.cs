namespace PmOrleans.Decisioning.Rules;

/// <summary>Assignability between types and the bindings of type variables found on the way; gradual, so <c>dyn</c> fits everywhere.</summary>
internal sealed class TypeUnifier
{
    private readonly Dictionary<CelType, CelType> _bindings = [];

    // What each binding replaced, newest last: undoing a failed overload must not cost a copy of all bindings.
    private readonly List<(CelType Variable, CelType? Before)> _trail = [];
    private int _fresh;

    public CelType Fresh() => CelType.Variable("T" + (++_fresh));

    /// <summary>Whether every argument fits its parameter. The bindings learnt are kept only if all fit.</summary>
    public bool AllAssignable(ReadOnlySpan<CelType> arguments, ReadOnlySpan<CelType> parameters)
    {
        var mark = _trail.Count;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!IsAssignable(arguments[i], parameters[i]))
            {
                UndoTo(mark);
                return false;
            }
        }

        return true;
    }

    public bool IsAssignable(CelType from, CelType to)
    {
        if (to.Kind == CelTypeKind.Variable)
        {
            if (Bind(to, from, out var bound))
                return true;
            if (bound)
                return false;
        }

        if (from.Kind == CelTypeKind.Variable)
            return Bind(from, to, out _);
        if (from.IsDyn || to.IsDyn)
            return true;
        if (from.Kind == CelTypeKind.Null && to.Kind is CelTypeKind.Timestamp or CelTypeKind.Duration)
            return true;
        if (from.Kind != to.Kind)
            return false;
        // Values that name types compare freely: type(1) == string is a fair question with the answer no.
        if (from.Kind == CelTypeKind.Type)
            return true;
        for (var i = 0; i < from.Parameters.Count; i++)
        {
            if (!IsAssignable(from.Parameters[i], to.Parameters[i]))
                return false;
        }

        return true;
    }

    /// <summary>The common type of two elements of a literal; dyn when they have none.</summary>
    public CelType Join(CelType? left, CelType right)
    {
        if (left is null)
            return right;
        return AllAssignable([left], [right]) ? MoreGeneral(left, right) : CelType.Dyn;
    }

    /// <summary>The type with every bound variable replaced; an unbound one becomes dyn if <paramref name="close"/>.</summary>
    public CelType Resolve(CelType type, bool close)
    {
        if (type.Kind == CelTypeKind.Variable)
            return _bindings.TryGetValue(type, out var bound) ? Resolve(bound, close) : close ? CelType.Dyn : type;
        return type.Kind switch
        {
            CelTypeKind.List => CelType.List(Resolve(type.Parameters[0], close)),
            CelTypeKind.Map => CelType.Map(Resolve(type.Parameters[0], close), Resolve(type.Parameters[1], close)),
            CelTypeKind.Type => CelType.TypeOf(Resolve(type.Parameters[0], close)),
            _ => type,
        };
    }

    private bool Bind(CelType variable, CelType type, out bool hadBinding)
    {
        hadBinding = true;
        if (variable.Equals(type))
            return true;
        if (_bindings.TryGetValue(variable, out var bound))
        {
            if (bound.Equals(type))
                return true;
            if (!IsAssignable(type, bound))
                return false;
            var general = MoreGeneral(type, bound);
            if (!Mentions(general, variable))
                Set(variable, general);
            return true;
        }

        hadBinding = false;
        if (Mentions(type, variable))
            return false;
        Set(variable, type);
        return true;
    }

    private void Set(CelType variable, CelType type)
    {
        _trail.Add((variable, _bindings.GetValueOrDefault(variable)));
        _bindings[variable] = type;
    }

    private void UndoTo(int mark)
    {
        while (_trail.Count > mark)
        {
            var (variable, before) = _trail[^1];
            _trail.RemoveAt(_trail.Count - 1);
            if (before is null)
                _bindings.Remove(variable);
            else
                _bindings[variable] = before;
        }
    }

    private bool Mentions(CelType type, CelType variable)
    {
        if (type.Kind == CelTypeKind.Variable)
            return type.Equals(variable) || (_bindings.TryGetValue(type, out var bound) && Mentions(bound, variable));
        foreach (var parameter in type.Parameters)
        {
            if (Mentions(parameter, variable))
                return true;
        }

        return false;
    }

    private static CelType MoreGeneral(CelType left, CelType right) => IsAtLeastAsGeneral(left, right) ? left : right;

    private static bool IsAtLeastAsGeneral(CelType left, CelType right)
    {
        if (left.IsDyn || left.Kind == CelTypeKind.Variable)
            return true;
        if (right.Kind == CelTypeKind.Null)
            return left.Kind != CelTypeKind.Null || right.Kind == CelTypeKind.Null;
        if (left.Kind != right.Kind)
            return false;
        for (var i = 0; i < left.Parameters.Count; i++)
        {
            if (!IsAtLeastAsGeneral(left.Parameters[i], right.Parameters[i]))
                return false;
        }

        return true;
    }
}

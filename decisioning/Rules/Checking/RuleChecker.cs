namespace PmOrleans.Decisioning.Rules;

/// <summary>Gives every node its type and every name its meaning, reporting all that does not fit.</summary>
internal sealed class RuleChecker(RuleSchema schema, RuleErrors errors)
{
    // One place in the frame for each nested loop variable; the specification asks for 12 nested calls.
    public const int MaxLocals = 16;

    private readonly TypeUnifier _unifier = new();
    private readonly List<(string Name, CelType Type)> _locals = [];

    /// <summary>How many places for loop variables the rule needs while it runs.</summary>
    public int LocalsUsed { get; private set; }

    public CelType Check(RuleExpr expr) => expr.Type = Infer(expr);

    /// <summary>A node's type, final once the whole rule is checked.</summary>
    public CelType Final(CelType type) => _unifier.Resolve(type, close: true);

    /// <summary>Whether the checked rule may stand where <paramref name="expected"/> is asked for.</summary>
    public bool Fits(CelType type, CelType expected) => _unifier.IsAssignable(type, expected);

    private CelType Infer(RuleExpr expr) => expr switch
    {
        LiteralExpr literal => TypeOfLiteral(literal.Value),
        NameExpr name => InferName(name),
        SelectExpr select => InferSelect(select),
        CallExpr call => InferCall(call),
        LogicExpr logic => InferLogic(logic),
        ConditionalExpr conditional => InferConditional(conditional),
        ListExpr list => InferList(list),
        MapExpr map => InferMap(map),
        MacroExpr macro => InferMacro(macro),
        _ => throw new InvalidOperationException($"No such node: {expr.GetType()}."),
    };

    private static CelType TypeOfLiteral(in CelValue value) => value.Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        _ => CelType.Bytes,
    };

    private CelType InferName(NameExpr name)
    {
        var local = name.Rooted ? -1 : _locals.FindLastIndex(l => l.Name == name.Name);
        if (local >= 0)
        {
            name.Resolution = new RuleResolution.Local(local);
            return _locals[local].Type;
        }

        return Declared(name, name.Name) ?? Unknown(name);
    }

    /// <summary>The type of a declared variable or a type's name; null when there is none of this name.</summary>
    private CelType? Declared(RuleExpr expr, string name)
    {
        if (schema.Find(name) is { } variable)
        {
            if (variable.Type is { } type)
            {
                expr.Resolution = new RuleResolution.Input(name, null, type);
                return type;
            }

            errors.Add(expr.Offset, $"'{name}' is an object and has no value of its own.", RuleHints.ForObject(variable));
            return CelType.Faulty;
        }

        if (!RuleLibrary.TypeNames.TryGetValue(name, out var named))
            return null;
        expr.Resolution = new RuleResolution.Constant(RuleConversions.NameOf(named));
        return CelType.TypeOf(named);
    }

    private CelType Unknown(NameExpr name)
    {
        errors.Add(name.Offset, $"There is no '{name.Name}' here.", RuleHints.ForName(name.Name, schema, _locals.Select(l => l.Name)));
        return CelType.Faulty;
    }

    private CelType InferSelect(SelectExpr select)
    {
        if (QualifiedName(select) is { } path && Qualified(select, path) is { } declared)
            return declared;
        if (ObjectOf(select.Operand) is { } variable)
            return FieldOf(select, variable, select.Field, select.Test);

        var operand = _unifier.Resolve(Check(select.Operand), close: false);
        switch (operand.Kind)
        {
            case CelTypeKind.Map:
                return select.Test ? CelType.Bool : operand.Parameters[1];
            case CelTypeKind.Dyn:
                return select.Test ? CelType.Bool : operand;
            case CelTypeKind.Variable:
                return select.Test ? CelType.Bool : CelType.Dyn;
            default:
                errors.Add(select.Offset, $"A value of type {operand} has no field '{select.Field}'.", RuleHints.ForSelection(select));
                return CelType.Faulty;
        }
    }

    // a.b.c is first looked up as one declared name; the longest wins because the outermost selection asks first.
    private CelType? Qualified(SelectExpr select, string path)
    {
        if (select.Test)
            return null;
        return schema.Find(path)?.Type is not null || RuleLibrary.TypeNames.ContainsKey(path) ? Declared(select, path) : null;
    }

    private string? QualifiedName(RuleExpr expr) => expr switch
    {
        NameExpr name when name.Rooted || !_locals.Exists(l => l.Name == name.Name) => name.Name,
        SelectExpr { Test: false } select when QualifiedName(select.Operand) is { } prefix => $"{prefix}.{select.Field}",
        _ => null,
    };

    private RuleVariable? ObjectOf(RuleExpr expr) =>
        QualifiedName(expr) is { } name && schema.Find(name) is { Type: null } variable ? variable : null;

    private CelType FieldOf(RuleExpr expr, RuleVariable variable, string field, bool test)
    {
        if (variable.FieldType(field) is { } type)
        {
            expr.Resolution = new RuleResolution.Input(variable.Name, field, type);
            return test ? CelType.Bool : type;
        }

        errors.Add(expr.Offset, variable.Noun is null ? $"'{variable.Name}' has no field '{field}'." : $"There is no {variable.Noun} '{field}'.", RuleHints.ForField(field, variable, schema));
        return CelType.Faulty;
    }

    private CelType InferCall(CallExpr call)
    {
        var arguments = call.Arguments;
        // customer['tier'] means customer.tier.
        if (call.Function == RuleOperators.Index && ObjectOf(arguments[0]) is { } variable)
        {
            if (arguments[1] is LiteralExpr { Value.Kind: CelKind.String } literal)
                return FieldOf(call, variable, literal.Value.AsString(), test: false);
            Check(arguments[1]);
            errors.Add(call.Offset, $"The field of '{variable.Name}' must be written out, so that it can be checked.", RuleHints.ForObject(variable));
            return CelType.Faulty;
        }

        if (RuleLibrary.Find(call.Function) is not { } function)
        {
            foreach (var argument in call.Arguments)
                Check(argument);
            errors.Add(call.Offset, $"There is no function '{call.Function}'.", RuleHints.ForFunction(call));
            return CelType.Faulty;
        }

        var types = new CelType[arguments.Length];
        var faulty = false;
        for (var i = 0; i < types.Length; i++)
        {
            types[i] = _unifier.Resolve(Check(arguments[i]), close: false);
            faulty |= ReferenceEquals(types[i], CelType.Faulty);
        }

        return Choose(function, call, types) ?? (faulty ? CelType.Faulty : Numbers(function, types) ?? NoOverload(function, call, types));
    }

    /// <summary>
    /// Numbers of unlike types are compared by value, as the specification's runtime does and its checker does not: whoever writes <c>spend == 0</c> or
    /// <c>price in [9, 19.5]</c> means the number.
    /// </summary>
    private static CelType? Numbers(RuleFunction function, CelType[] types) => function.Name switch
    {
        RuleOperators.Equal or RuleOperators.NotEqual when IsNumber(types[0]) && IsNumber(types[1]) => CelType.Bool,
        RuleOperators.In when IsNumber(types[0]) && types[1] is { Kind: CelTypeKind.List, Parameters: [var element] } && IsNumber(element) => CelType.Bool,
        _ => null,
    };

    private static bool IsNumber(CelType type) => type.Kind is CelTypeKind.Int or CelTypeKind.Uint or CelTypeKind.Double;

    /// <summary>The result of the overloads that fit: theirs if they agree, dyn if arguments known only at run time leave it open.</summary>
    private CelType? Choose(RuleFunction function, CallExpr call, CelType[] types)
    {
        CelType? result = null;
        foreach (var overload in function.Overloads)
        {
            if (overload.Member != call.Member || overload.Parameters.Length != types.Length)
                continue;
            var (parameters, candidate) = overload.Instantiate(_unifier);
            if (!_unifier.AllAssignable(types, parameters))
                continue;
            candidate = _unifier.Resolve(candidate, close: false);
            if (result is null)
                result = candidate;
            else if (!result.IsDyn && !result.Equals(candidate))
                result = CelType.Dyn;
        }

        return result;
    }

    private CelType NoOverload(RuleFunction function, CallExpr call, CelType[] types)
    {
        var shown = Array.ConvertAll(types, Final);
        errors.Add(call.Offset, RuleHints.NoOverload(call, shown), RuleHints.ForOperands(function, call, shown));
        return CelType.Faulty;
    }

    private CelType InferLogic(LogicExpr logic)
    {
        foreach (var operand in logic.Operands)
            ExpectBool(operand, logic.IsAnd ? "&&" : "||");
        return CelType.Bool;
    }

    private void ExpectBool(RuleExpr expr, string where)
    {
        var type = Check(expr);
        if (!_unifier.IsAssignable(type, CelType.Bool))
        {
            errors.Add(
                expr.Offset, $"'{where}' needs a condition (bool), but this is {RuleHints.Describe(Final(type))}.",
                RuleHints.ForCondition(expr, Final(type)));
        }
    }

    private CelType InferConditional(ConditionalExpr conditional)
    {
        ExpectBool(conditional.Condition, "?");
        var then = Check(conditional.Then);
        var otherwise = Check(conditional.Otherwise);
        var result = _unifier.Fresh();
        if (_unifier.AllAssignable([then, otherwise], [result, result]))
            return _unifier.Resolve(result, close: false);
        errors.Add(conditional.Offset, $"Both results of ? : must be of one type, but they are {Final(then)} and {Final(otherwise)}.");
        return CelType.Faulty;
    }

    private CelType InferList(ListExpr list)
    {
        CelType? element = null;
        foreach (var item in list.Elements)
            element = _unifier.Join(element, Check(item));
        return CelType.List(element ?? _unifier.Fresh());
    }

    private CelType InferMap(MapExpr map)
    {
        CelType? key = null;
        CelType? value = null;
        for (var i = 0; i < map.Keys.Length; i++)
        {
            var keyType = Check(map.Keys[i]);
            if (_unifier.Resolve(keyType, close: true).Kind is not (CelTypeKind.Bool or CelTypeKind.Int or CelTypeKind.Uint or CelTypeKind.String or CelTypeKind.Dyn))
                errors.Add(map.Keys[i].Offset, $"A map's key is a string, int, uint or bool, not {Final(keyType)}.");
            key = _unifier.Join(key, keyType);
            value = _unifier.Join(value, Check(map.Values[i]));
        }

        return CelType.Map(key ?? _unifier.Fresh(), value ?? _unifier.Fresh());
    }

    private CelType InferMacro(MacroExpr macro)
    {
        var range = _unifier.Resolve(Check(macro.Range), close: false);
        CelType element;
        switch (range.Kind)
        {
            case CelTypeKind.List or CelTypeKind.Map:
                element = range.Parameters[0];
                break;
            case CelTypeKind.Dyn or CelTypeKind.Variable:
                element = CelType.Dyn;
                break;
            default:
                errors.Add(macro.Range.Offset, $"Only lists and maps can be gone through, and this is {RuleHints.Describe(Final(range))}.");
                element = CelType.Faulty;
                break;
        }

        if (_locals.Count == MaxLocals)
        {
            errors.Add(macro.Offset, $"More than {MaxLocals} list conditions are nested in each other.");
            return CelType.Faulty;
        }

        macro.Local = _locals.Count;
        _locals.Add((macro.Variable, element));
        LocalsUsed = Math.Max(LocalsUsed, _locals.Count);
        if (macro.Condition is not null)
            ExpectBool(macro.Condition, RuleHints.NameOf(macro.Macro));
        var body = macro.Body is null ? null : Check(macro.Body);
        _locals.RemoveAt(_locals.Count - 1);

        return macro.Macro switch
        {
            RuleMacro.Filter => CelType.List(element),
            RuleMacro.Map => CelType.List(body!),
            _ => CelType.Bool,
        };
    }
}

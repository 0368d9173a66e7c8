namespace PmOrleans.Decisioning.Rules;

/// <summary>Turns a checked tree into nodes: resolves slots, folds what is constant, picks the special node where one exists.</summary>
internal sealed class RuleBuilder(RuleSchema schema, RuleErrors errors)
{
    /// <summary>What the nodes built so far read.</summary>
    public RuleReads Reads { get; } = new();

    public RuleNode Build(RuleExpr expr) => expr.Resolution switch
    {
        RuleResolution.Local local => new LocalNode(local.Index),
        RuleResolution.Constant constant => new ConstantNode(constant.Value),
        RuleResolution.Input input => BuildSlot(input, expr is SelectExpr { Test: true }),
        _ => expr switch
        {
            LiteralExpr literal => new ConstantNode(literal.Value),
            SelectExpr select => BuildSelect(select),
            CallExpr call => BuildCall(call),
            LogicExpr logic => BuildLogic(logic),
            ConditionalExpr c => BuildConditional(c),
            ListExpr list => BuildList(list),
            MapExpr map => BuildMap(map),
            MacroExpr macro => BuildMacro(macro),
            _ => throw new InvalidOperationException($"No such node: {expr.GetType()}."),
        },
    };

    private RuleNode BuildSlot(RuleResolution.Input input, bool test)
    {
        var slot = schema.SlotFor(input.Variable, input.Field, input.Declared);
        if (test)
            Reads.Tested(slot.Index);
        else
            Reads.Read(slot.Index);
        return test ? new HasSlotNode(slot) : new SlotNode(slot);
    }

    private RuleNode BuildSelect(SelectExpr select)
    {
        var operand = Build(select.Operand);
        return Fold(new SelectNode(operand, select.Field, select.Test), IsConstant(operand));
    }

    private RuleNode BuildCall(CallExpr call)
    {
        var arguments = Array.ConvertAll(call.Arguments, Build);
        if (RuleOperators.IsComparison(call.Function))
            Reads.Compared(arguments[0], arguments[1]);
        var constant = Array.TrueForAll(arguments, IsConstant);
        var folded = Fold(Specialised(call, arguments), constant);
        RuleLiteralChecks.Verify(call, arguments, folded, errors);
        return folded;
    }

    private static RuleNode Specialised(CallExpr call, RuleNode[] a)
    {
        var function = RuleLibrary.Find(call.Function)!;
        switch (call.Function)
        {
            case RuleOperators.Not:
                return new NotNode(a[0]);
            case RuleOperators.Equal or RuleOperators.NotEqual:
                return BuildEqual(a[0], a[1], negated: call.Function == RuleOperators.NotEqual);
            case RuleOperators.Less:
                return BuildOrder<Below, Above>(a[0], a[1]);
            case RuleOperators.LessOrEqual:
                return BuildOrder<AtMost, AtLeast>(a[0], a[1]);
            case RuleOperators.Greater:
                return BuildOrder<Above, Below>(a[0], a[1]);
            case RuleOperators.GreaterOrEqual:
                return BuildOrder<AtLeast, AtMost>(a[0], a[1]);
            case RuleOperators.Add:
                return new AddNode(a[0], a[1]);
            case RuleOperators.In:
                return new InNode(a[0], a[1]);
            case RuleTexts.MatchesName when a[1] is ConstantNode { Value.Kind: CelKind.String } pattern
                && RuleTexts.TryCompile(pattern.Value.AsString(), out var regex, out _):
                return new MatchesNode(a[0], regex);
            default:
                return a.Length == 1 ? new UnaryCallNode(a[0], function.Unary!) : new BinaryCallNode(a[0], a[1], function.Binary!);
        }
    }

    private static RuleNode BuildEqual(RuleNode left, RuleNode right, bool negated)
    {
        if (left is ConstantNode)
            (left, right) = (right, left);
        return left is SlotNode slot && right is ConstantNode literal && slot.Kind == literal.Value.Kind
            && literal.Value.Kind is CelKind.String or CelKind.Int or CelKind.Bool
                ? new SlotEqualNode(slot, ((ConstantNode)right).Value, negated)
                : new EqualNode(left, right, negated);
    }

    /// <typeparam name="TRelation">The relation as written.</typeparam>
    /// <typeparam name="TMirrored">The same with its sides exchanged, for <c>3 &lt; customer.age</c>.</typeparam>
    private static RuleNode BuildOrder<TRelation, TMirrored>(RuleNode left, RuleNode right)
        where TRelation : struct, IRuleRelation
        where TMirrored : struct, IRuleRelation
    {
        if (IsFast(left, right, out var literal))
            return new SlotOrderNode<TRelation>((SlotNode)left, literal);
        return IsFast(right, left, out literal)
            ? new SlotOrderNode<TMirrored>((SlotNode)right, literal)
            : new OrderNode<TRelation>(left, right);

        static bool IsFast(RuleNode side, RuleNode other, out CelValue literal)
        {
            literal = other is ConstantNode constant ? constant.Value : default;
            if (side is not SlotNode { Kind: CelKind.Int or CelKind.Double } slot)
                return false;
            // metrics.spend30d > 1000: the whole number as the decimal that it is.
            if (slot.Kind == CelKind.Double && literal is { Kind: CelKind.Int, Bits: >= -SlotNode.ExactInDouble and <= SlotNode.ExactInDouble })
                literal = CelValue.Of((double)literal.Bits);
            return slot.Kind == literal.Kind;
        }
    }

    // Operands that cannot change the result are dropped; one that decides it replaces the chain.
    private RuleNode BuildLogic(LogicExpr logic)
    {
        List<RuleNode> operands = [];
        foreach (var expr in logic.Operands)
        {
            var node = Build(expr);
            if (node is not ConstantNode { Value.Kind: CelKind.Bool } constant)
                operands.Add(node);
            else if (constant.Value.Bits != 0 != logic.IsAnd)
                return node;
        }

        // A single operand stays inside its chain unless it is bound to be a bool: dyn must still be refused.
        if (operands.Count == 0)
            return new ConstantNode(CelValue.Of(logic.IsAnd));
        return logic.IsAnd ? new AndNode([.. operands]) : new OrNode([.. operands]);
    }

    private RuleNode BuildConditional(ConditionalExpr expr)
    {
        var condition = Build(expr.Condition);
        if (condition is ConstantNode { Value.Kind: CelKind.Bool } constant)
            return Build(constant.Value.Bits != 0 ? expr.Then : expr.Otherwise);
        return new ConditionalNode(condition, Build(expr.Then), Build(expr.Otherwise));
    }

    private RuleNode BuildList(ListExpr list)
    {
        var elements = Array.ConvertAll(list.Elements, Build);
        return Array.TrueForAll(elements, IsConstant)
            ? new ConstantNode(CelValue.Of(CelArrayList.WithIndex(Array.ConvertAll(elements, e => ((ConstantNode)e).Value))))
            : new ListNode(elements);
    }

    private RuleNode BuildMap(MapExpr map)
    {
        var keys = Array.ConvertAll(map.Keys, Build);
        var values = Array.ConvertAll(map.Values, Build);
        return Fold(new MapNode(keys, values), Array.TrueForAll(keys, IsConstant) && Array.TrueForAll(values, IsConstant));
    }

    private RuleNode BuildMacro(MacroExpr macro)
    {
        var range = Build(macro.Range);
        var condition = macro.Condition is null ? null : Build(macro.Condition);
        var body = macro.Body is null ? null : Build(macro.Body);
        return macro.Macro switch
        {
            RuleMacro.All => new QuantifierNode(range, macro.Local, condition!, all: true),
            RuleMacro.Exists => new QuantifierNode(range, macro.Local, condition!, all: false),
            RuleMacro.ExistsOne => new ExistsOneNode(range, macro.Local, condition!),
            _ => new CollectNode(range, macro.Local, condition, body),
        };
    }

    private static bool IsConstant(RuleNode node) => node is ConstantNode;

    /// <summary>The node's value in its place when nothing it reads can change. An error stays unfolded: another branch may absorb it.</summary>
    private static RuleNode Fold(RuleNode node, bool constant)
    {
        if (!constant)
            return node;
        var frame = new RuleFrame(NoInput.Instance, []);
        var value = node.Evaluate(ref frame);
        return value.IsError ? node : new ConstantNode(value);
    }

    /// <summary>Of which nothing is known.</summary>
    internal sealed class NoInput : IRuleInput
    {
        public static NoInput Instance { get; } = new();

        public bool TryGet(int slot, out CelValue value)
        {
            value = default;
            return false;
        }
    }
}

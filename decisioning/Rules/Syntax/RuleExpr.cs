namespace PmOrleans.Decisioning.Rules;

/// <summary>A node of the syntax tree. The checker fills in <see cref="Type"/> and, for what names something, <see cref="Resolution"/>.</summary>
internal abstract class RuleExpr(int offset, int depth)
{
    /// <summary>Where in the source the node is reported: its operator or its first character.</summary>
    public int Offset { get; } = offset;

    /// <summary>Height of the tree below and with this node; bounded, so that walking it cannot exhaust the stack.</summary>
    public int Depth { get; } = depth;

    public CelType Type { get; set; } = CelType.Dyn;

    public RuleResolution? Resolution { get; set; }

    protected static int Above(params ReadOnlySpan<RuleExpr?> children)
    {
        var depth = 0;
        foreach (var child in children)
            depth = Math.Max(depth, child?.Depth ?? 0);
        return depth + 1;
    }
}

internal sealed class LiteralExpr(int offset, CelValue value) : RuleExpr(offset, 1)
{
    public CelValue Value => value;
}

/// <summary>A name; rooted when written with a leading dot.</summary>
internal sealed class NameExpr(int offset, string name, bool rooted) : RuleExpr(offset, 1)
{
    public string Name => name;

    public bool Rooted => rooted;
}

/// <summary>A field of something, or with <paramref name="test"/> whether it is there.</summary>
internal sealed class SelectExpr(int offset, RuleExpr operand, string fieldName, bool test) : RuleExpr(offset, Above(operand))
{
    public RuleExpr Operand => operand;

    public string Field => fieldName;

    public bool Test => test;
}

/// <summary>A function or operator. For <c>a.f(b)</c> the target a is the first argument and <paramref name="member"/> is set.</summary>
internal sealed class CallExpr(int offset, string function, bool member, RuleExpr[] arguments) : RuleExpr(offset, Above(arguments))
{
    public string Function => function;

    public bool Member => member;

    public RuleExpr[] Arguments => arguments;
}

/// <summary>A whole chain of <c>&amp;&amp;</c> or of <c>||</c>.</summary>
internal sealed class LogicExpr(int offset, bool isAnd, RuleExpr[] operands) : RuleExpr(offset, Above(operands))
{
    public bool IsAnd => isAnd;

    public RuleExpr[] Operands => operands;
}

internal sealed class ConditionalExpr(int offset, RuleExpr condition, RuleExpr then, RuleExpr otherwise)
    : RuleExpr(offset, Above(condition, then, otherwise))
{
    public RuleExpr Condition => condition;

    public RuleExpr Then => then;

    public RuleExpr Otherwise => otherwise;
}

internal sealed class ListExpr(int offset, RuleExpr[] elements) : RuleExpr(offset, Above(elements))
{
    public RuleExpr[] Elements => elements;
}

internal sealed class MapExpr(int offset, RuleExpr[] keys, RuleExpr[] values) : RuleExpr(offset, Math.Max(Above(keys), Above(values)))
{
    public RuleExpr[] Keys => keys;

    public RuleExpr[] Values => values;
}

/// <summary>A comprehension: <c>range.all(variable, condition)</c> and its like; a filtering <c>map</c> has condition and body.</summary>
internal sealed class MacroExpr(int offset, RuleMacro macro, RuleExpr range, string variable, RuleExpr? condition, RuleExpr? body)
    : RuleExpr(offset, Above(range, condition, body))
{
    public RuleMacro Macro => macro;

    public RuleExpr Range => range;

    public string Variable => variable;

    public RuleExpr? Condition => condition;

    public RuleExpr? Body => body;

    /// <summary>The place of the loop variable while the rule runs; given by the checker.</summary>
    public int Local { get; set; }
}

internal enum RuleMacro : byte
{
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

namespace PmOrleans.Decisioning.Rules;

/// <summary>The errors of evaluation; their texts are constants so that an error costs no allocation.</summary>
internal static class RuleFaults
{
    public static CelValue NoOverload => CelValue.Error("no matching overload");

    public static CelValue Overflow => CelValue.Error("integer overflow");

    public static CelValue DivisionByZero => CelValue.Error("division by zero");

    public static CelValue RemainderByZero => CelValue.Error("modulus by zero");

    public static CelValue NoSuchKey => CelValue.Error("no such key");

    public static CelValue OutOfBounds => CelValue.Error("index out of bounds");

    public static CelValue OutOfRange => CelValue.Error("range error: the number does not fit the type");

    public static CelValue BadConversion => CelValue.Error("type conversion error");

    public static CelValue TooLarge => CelValue.Error("the result is too large");

    public static CelValue TooExpensive => CelValue.Error("the rule goes through or builds too much");
}

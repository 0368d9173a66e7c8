namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>Every type that crosses between silos: what grain methods take and give, and all that is in it.</summary>
internal static class Travelling
{
    public static IReadOnlyList<Type> Envelopes { get; } =
    [
        .. typeof(ICustomerGrain).Assembly.GetTypes()
            .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(Result(method.ReturnType)))
            .OfType<Type>()
            .Where(type => type.Assembly.GetName().Name!.StartsWith("PmOrleans", StringComparison.Ordinal))
            .Distinct()
            .OrderBy(type => type.ToString(), StringComparer.Ordinal),
    ];

    /// <summary>Those of the hot path: to a customer's grain and back.</summary>
    public static IEnumerable<Type> OfCustomers => Envelopes.Where(envelope => typeof(ICustomerGrain).GetMethods()
        .Any(method => method.GetParameters().Any(parameter => parameter.ParameterType == envelope) || Result(method.ReturnType) == envelope));

    private static Type? Result(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is var definition && (definition == typeof(ValueTask<>) || definition == typeof(Task<>))
        ? type.GetGenericArguments()[0]
        : null;
}

using System.Collections.Concurrent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>Which types of the core and the port travel between grains: they carry no attributes of Orleans, and all of them are immutable.</summary>
internal static class CoreTypes
{
    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    public static bool Travels(Type type) => Known.GetOrAdd(type, static type =>
        type is { IsClass: true, IsAbstract: false, IsArray: false, ContainsGenericParameters: false }
        && (type.Assembly == typeof(Touchpoint).Assembly || type.Assembly == typeof(IDecisionNode).Assembly)
        && (type.Namespace is "PmOrleans.Decisioning.Facts" or "PmOrleans.Decisioning.Decisions" or "PmOrleans.Node.Port"));
}

using Orleans.Serialization.Cloning;

namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>The core's values are immutable: a call inside a silo hands over the same object.</summary>
public sealed class CoreCopier : IGeneralizedCopier, IOptionalDeepCopier
{
    public bool IsSupportedType(Type type) => CoreTypes.Travels(type);

    public bool IsShallowCopyable() => true;

    public object? DeepCopy(object? input, CopyContext context) => input;
}

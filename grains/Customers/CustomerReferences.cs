using PmOrleans.GrainInterfaces;

namespace PmOrleans.Grains.Customers;

/// <summary>
/// References to customers' grains. Orleans looks at the attributes of the interface each time it is asked for a grain by interface, which takes as long as a call of
/// the grain; so what it found the first time is kept, and every other reference is made of that.
/// </summary>
/// <param name="grains">Asked late, and once: whoever holds this is built before the silo.</param>
internal sealed class CustomerReferences(Func<IGrainFactory> grains)
{
    private Known? _known;

    /// <param name="idHash">Keyed hash of an outside id.</param>
    public ICustomerGrain Of(UInt128 idHash) => Volatile.Read(ref _known) is { } known
        ? (ICustomerGrain)known.Factory.GetGrain(GrainId.Create(known.Grain, GrainIdKeyExtensions.CreateGuidKey(CustomerKeys.ToGuid(idHash))), known.Interface)
        : First(idHash);

    private ICustomerGrain First(UInt128 idHash)
    {
        var factory = grains();
        var customer = factory.GetGrain<ICustomerGrain>(CustomerKeys.ToGuid(idHash));
        if (customer is GrainReference reference)
        {
            Volatile.Write(ref _known, new Known(factory, reference.GrainId.Type, reference.InterfaceType));
        }

        return customer;
    }

    private sealed record Known(IGrainFactory Factory, GrainType Grain, GrainInterfaceType Interface);
}

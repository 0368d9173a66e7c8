using Orleans.Concurrency;
using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Owners;

/// <summary>What all policies have learned, over all nodes.</summary>
[Reentrant]
internal sealed class ModelOwnerGrain(IGrainContext context, NodeHandle node)
    : OwnerGrain<ModelBook>(context, node, OwnerName.Models, new ModelBook()), IModelOwnerGrain;

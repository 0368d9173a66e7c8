using System.Runtime.CompilerServices;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Hashing;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Everything of the node that a decision needs, already here: no hop.</summary>
/// <param name="Catalog">The live version.</param>
/// <param name="Estimates">Replica of the models.</param>
/// <param name="Leases">This node's slices of the budgets, with pauses and prices.</param>
/// <param name="Hashes">Keys for ids, draws and buckets.</param>
public sealed record DecisionEnvironment(CatalogSnapshot Catalog, ModelReplica Estimates, LeaseBook Leases, NodeHashes Hashes)
{
    /// <summary>Edges behind the RFM scores, refreshed by the node.</summary>
    public RfmEdges Rfm { get; init; } = RfmEdges.None;

    /// <summary>What is no more in the catalog and may still be open.</summary>
    public FormerDefinitions Former { get; init; } = FormerDefinitions.Empty;

    /// <summary>Offers that an operator switched out of stock.</summary>
    public OfferSet OutOfStock { get; init; } = OfferSet.Empty;
}

/// <summary>The latest estimates of every policy, by stable policy number; immutable, swapped whole.</summary>
public sealed class ModelReplica(long version, BetaSnapshot?[] policyToSnapshot)
{
    private static readonly ConditionalWeakTable<Policy, BetaSnapshot> Priors = [];

    public static ModelReplica Empty { get; } = new(0, []);

    public long Version { get; } = version;

    public BetaSnapshot For(Policy policy) =>
        policy.Number < policyToSnapshot.Length && policyToSnapshot[policy.Number] is { } snapshot ? snapshot : Prior(policy);

    /// <summary>A policy nobody has folded for yet believes its prior; made once for each policy of a catalog.</summary>
    private static BetaSnapshot Prior(Policy policy) =>
        Priors.GetValue(policy, static unfolded => new BetaModel(unfolded.Number, unfolded.Model).Publish(0));
}

/// <summary>The node's keyed hashes, one key for each use, so that what one reveals says nothing of another.</summary>
public sealed class NodeHashes
{
    public NodeHashes(ReadOnlySpan<byte> secret)
    {
        var root = SipHash.FromKey(secret);
        Identity = root.For(1);
        Message = root.For(2);
        Decision = root.For(3);
        Draw = root.For(4);
        Bucket = root.For(5);
    }

    /// <summary>Outside ids.</summary>
    public SipHash Identity { get; }

    /// <summary>Message ids.</summary>
    public SipHash Message { get; }

    /// <summary>Decision ids.</summary>
    public SipHash Decision { get; }

    /// <summary>Seeds of draws.</summary>
    public SipHash Draw { get; }

    /// <summary>Holdouts and experiments.</summary>
    public SipHash Bucket { get; }
}

"""The operations that the page's engine has; a test compares the list with the engine's own."""

OPERATIONS = frozenset(
    """
    _log_softmax.default _native_batch_norm_legit_no_training.default _softmax.default _unsafe_view.default
    abs.default adaptive_avg_pool2d.default adaptive_max_pool2d.default add.Scalar add.Tensor addcdiv.default
    addcmul.default addmm.default amax.default amin.default atan.default avg_pool2d.default avg_pool3d.default
    bmm.default cat.default ceil.default celu.default channel_shuffle.default clamp.default clamp_max.Tensor
    clamp_max.default clamp_min.Tensor clamp_min.default constant_pad_nd.default conv1d.default conv2d.default
    conv2d.padding conv_transpose2d.input cos.default div.Scalar div.Tensor elu.default eq.Scalar eq.Tensor
    erf.default exp.default expand.default expand_as.default expm1.default flatten.using_ints flip.default
    floor.default full_like.default ge.Scalar ge.Tensor gelu.default glu.default group_norm.default gt.Scalar
    gt.Tensor hardshrink.default hierfeat.interpolating_vector.default hardsigmoid.default hardswish.default hardtanh.default index_select.default instance_norm.default
    layer_norm.default le.Scalar le.Tensor leaky_relu.default linalg_vector_norm.default linear.default log.default
    log1p.default log2.default log_sigmoid.default log_softmax.int logical_not.default lt.Scalar lt.Tensor
    max.default max_pool2d.default max_pool2d_with_indices.default maximum.default mean.default mean.dim min.default
    minimum.default mish.default mm.default mul.Scalar mul.Tensor native_layer_norm.default ne.Scalar ne.Tensor
    neg.default ones_like.default pad.default permute.default pixel_shuffle.default pow.Scalar pow.Tensor_Scalar
    pow.Tensor_Tensor prelu.default prod.dim_int reciprocal.default reflection_pad2d.default relu.default
    relu6.default repeat.default replication_pad2d.default reshape.default rms_norm.default roll.default
    rsqrt.default rsub.Scalar rsub.Tensor select.int selu.default sigmoid.default sign.default silu.default
    sin.default slice.Tensor slice_scatter.default softmax.int softplus.default softshrink.default softsign.default sqrt.default
    square.default squeeze.default squeeze.dim squeeze.dims stack.default std.correction std.dim sub.Scalar sub.Tensor
    sum.default sum.dim_IntList t.default tanh.default threshold.default transpose.int unflatten.int
    unsqueeze.default upsample_bilinear2d.default upsample_bilinear2d.vec upsample_nearest2d.default
    upsample_nearest2d.vec var.correction var.dim view.default where.Scalar where.ScalarOther where.ScalarSelf where.self
    zeros_like.default
    """.split()
)
